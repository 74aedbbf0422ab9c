"""Policy files (地区政策文件): TOML to ``core.policy`` values, with every fault reported at once."""

from gongji.policyfiles.coverage import Known, coverage, show
from gongji.policyfiles.describe import RULE_NAMES, describe
from gongji.policyfiles.fault import Fault, PolicyFilesError
from gongji.policyfiles.load import check, load
from gongji.policyfiles.locate import locate

__all__ = [
    "RULE_NAMES",
    "Fault",
    "Known",
    "PolicyFilesError",
    "check",
    "coverage",
    "describe",
    "load",
    "locate",
    "show",
]
