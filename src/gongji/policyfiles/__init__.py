"""Policy files (地区政策文件): TOML to ``core.policy`` values, with every fault reported at once."""

from gongji.policyfiles.changes import UNKNOWN, Change, Stated, changes, trace
from gongji.policyfiles.contradictions import ARTICLES, Contradiction, check_contradictions, contradictions
from gongji.policyfiles.coverage import Cell, Known, columns, coverage, matrix, show
from gongji.policyfiles.describe import RULE_NAMES, describe, describe_for
from gongji.policyfiles.fault import Fault, PolicyFilesError
from gongji.policyfiles.lazily import open_lazily
from gongji.policyfiles.load import check, load
from gongji.policyfiles.locate import locate, locate_channels
from gongji.policyfiles.picture import cell_text, column_name, svg
from gongji.policyfiles.schema import schema
from gongji.policyfiles.skins import check_skins, load_skins

__all__ = [
    "ARTICLES",
    "RULE_NAMES",
    "UNKNOWN",
    "Cell",
    "Change",
    "Contradiction",
    "Fault",
    "Known",
    "PolicyFilesError",
    "Stated",
    "cell_text",
    "changes",
    "check",
    "check_contradictions",
    "check_skins",
    "column_name",
    "columns",
    "contradictions",
    "coverage",
    "describe",
    "describe_for",
    "load",
    "load_skins",
    "locate",
    "locate_channels",
    "matrix",
    "open_lazily",
    "schema",
    "show",
    "svg",
    "trace",
]
