"""Policy files (地区政策文件): TOML to ``core.policy`` values, with every fault reported at once."""

from gongji.policyfiles.changes import UNKNOWN, Change, Stated, changes, trace
from gongji.policyfiles.coverage import Cell, Known, columns, coverage, matrix, show
from gongji.policyfiles.describe import RULE_NAMES, describe
from gongji.policyfiles.fault import Fault, PolicyFilesError
from gongji.policyfiles.lazily import open_lazily
from gongji.policyfiles.load import check, load
from gongji.policyfiles.locate import locate
from gongji.policyfiles.picture import cell_text, column_name, svg
from gongji.policyfiles.schema import schema

__all__ = [
    "RULE_NAMES",
    "UNKNOWN",
    "Cell",
    "Change",
    "Fault",
    "Known",
    "PolicyFilesError",
    "Stated",
    "cell_text",
    "changes",
    "check",
    "column_name",
    "columns",
    "coverage",
    "describe",
    "load",
    "locate",
    "matrix",
    "open_lazily",
    "schema",
    "show",
    "svg",
    "trace",
]
