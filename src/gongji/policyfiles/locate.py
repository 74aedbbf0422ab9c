"""Where the data files are: named by the environment, beside the source, or inside the installed package."""

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "GONGJI_REGIONS"
"""Environment variable that names another folder of regions."""
CHANNELS_VARIABLE = "GONGJI_CHANNELS"
"""Environment variable that names another folder of channels."""

_PACKAGE = Path(__file__).resolve().parents[1]


def locate(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of regions.

    Raises:
        FileNotFoundError: when the folder named by the environment, or any of the usual ones, is not there.
    """
    return _folder(environ, VARIABLE, "地区政策", "regions", "regions")


def locate_channels(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of channels.

    Raises:
        FileNotFoundError: when the folder named by the environment, or any of the usual ones, is not there.
    """
    # In the package the name belongs to the code of the interfaces.
    return _folder(environ, CHANNELS_VARIABLE, "渠道", "channels", "channel_files")


def _folder(environ: Mapping[str, str], variable: str, what: str, beside: str, inside: str) -> Path:
    named = environ.get(variable)
    if named:
        if not Path(named).is_dir():
            raise FileNotFoundError(f"环境变量 {variable} 指的文件夹不存在：{named}")
        return Path(named)
    usual = (_PACKAGE.parents[1] / beside, _PACKAGE / inside)
    for path in usual:
        if path.is_dir():
            return path
    raise FileNotFoundError(f"找不到{what}文件夹，可用环境变量 {variable} 指明；找过：{'、'.join(map(str, usual))}")
