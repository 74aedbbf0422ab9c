"""Where the policy files are: named by the environment, beside the source, or inside the installed package."""

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "GONGJI_REGIONS"
"""Environment variable that names another folder of regions."""

_PACKAGE = Path(__file__).resolve().parents[1]


def locate(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of regions.

    Raises:
        FileNotFoundError: when the folder named by the environment, or any of the usual ones, is not there.
    """
    named = environ.get(VARIABLE)
    if named:
        if not Path(named).is_dir():
            raise FileNotFoundError(f"环境变量 {VARIABLE} 指的文件夹不存在：{named}")
        return Path(named)
    usual = (_PACKAGE.parents[1] / "regions", _PACKAGE / "regions")
    for path in usual:
        if path.is_dir():
            return path
    raise FileNotFoundError(f"找不到地区政策文件夹，可用环境变量 {VARIABLE} 指明；找过：{'、'.join(map(str, usual))}")
