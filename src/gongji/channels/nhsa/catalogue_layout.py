"""Which column of a national catalogue file (13xx) holds what (目录文件的列).

The columns come from the specification (tables 14 to 58, ``tables.json``); here stands only which of them the
settlement needs, by label. Everything else of a row is kept as it came and given out again unchanged.
"""

from functools import cache
from typing import Final

import msgspec

from gongji.channels.nhsa import tables
from gongji.core.codes import ItemKind

NULL: Final = "null"
"""An empty value in a file."""


class _Labels(msgspec.Struct, frozen=True, kw_only=True):
    """Labels by what they hold; of several the first that isn't empty counts."""

    code: tuple[str, ...] = ("医疗目录编码",)
    name: tuple[str, ...]
    begins: tuple[str, ...] = ("开始日期",)
    ends: tuple[str, ...] = ("结束日期",)
    unit: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    specification: tuple[str, ...] = ()
    restriction: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    patent: tuple[str, ...] = ()
    kind: ItemKind | None = None


_CONSUMABLE: Final = _Labels(
    name=("耗材名称", "医保通用名"),
    unit=("最小销售单位",),
    specification=("规格",),
    restriction=("医保限用范围",),
    kind=ItemKind.CONSUMABLE,
)

_LABELS: Final = {
    "1301": _Labels(
        name=("药品通用名", "注册名称", "药品商品名"),
        unit=("最小计价单位", "最小销售单位"),
        form=("药品剂型名称", "药品剂型"),
        specification=("药品规格",),
        restriction=("限制使用范围",),
        level=("国家医保药品目录甲乙类标识",),
        patent=("中成药标志",),
        kind=ItemKind.WESTERN_DRUG,
    ),
    "1302": _Labels(name=("单味药名称", "药材名称"), kind=ItemKind.HERBAL_MEDICINE),
    "1303": _Labels(
        name=("药品商品名", "注册名称"),
        begins=("开始时间",),
        ends=("结束时间",),
        unit=("最小计价单位",),
        form=("剂型名称", "剂型"),
        specification=("药品规格",),
        restriction=("限制使用范围",),
        kind=ItemKind.SELF_PREPARED,
    ),
    "1305": _Labels(name=("医疗服务项目名称",), unit=("计价单位名称", "计价单位"), kind=ItemKind.SERVICE),
    "1306": _CONSUMABLE,
    "1306A": _CONSUMABLE,
    "1307": _Labels(code=("诊断代码", "亚目代码", "类目代码"), name=("诊断名称", "亚目名称", "类目名称")),
    "1308": _Labels(
        code=("手术操作代码", "细目代码", "亚目代码", "类目代码"),
        name=("手术操作名称", "细目名称", "亚目名称", "类目名称"),
    ),
    "1309": _Labels(
        code=("门慢门特病种目录代码",), name=("门慢门特病种名称", "门慢门特病种细分类名称", "门慢门特病种大类名称")
    ),
    "1310": _Labels(code=("按病种结算病种目录代码",), name=("按病种结算病种名称",)),
    "1311": _Labels(code=("日间手术病种目录代码",), name=("日间手术病种名称",)),
    "1313": _Labels(code=("形态学分类代码", "肿瘤/细胞类型代码"), name=("形态学分类", "肿瘤/细胞类型")),
    "1314": _Labels(
        code=("疾病分类代码", "专科系统分类目代码", "科别类目代码"),
        name=("疾病分类名称", "专科系统分类目名称", "科别类目名称"),
    ),
    "1315": _Labels(
        code=("证候分类代码", "证候属性代码", "证候类目代码"), name=("证候分类名称", "证候属性", "证候类目名称")
    ),
    "1320": _Labels(
        code=("中药配方颗粒代码",),
        name=("中药配方颗粒名称",),
        unit=("最小计量单位",),
        specification=("规格",),
        kind=ItemKind.HERBAL_GRANULE,
    ),
    "1321": _Labels(
        name=("医疗服务项目名称",),
        begins=("生效时间",),
        ends=("失效时间",),
        unit=("计价单位",),
        kind=ItemKind.SERVICE,
    ),
    "1322": _Labels(code=("试剂产品ID",), name=("单件产品名称", "试剂检测指标名称")),
    "1323": _Labels(code=("试剂关联ID",), name=("注册备案号",)),
    "1324": _Labels(code=("试剂检测指标码",), name=("试剂检测指标名称",)),
    "1325": _Labels(code=("试剂编码ID",), name=("试剂检测指标名称",)),
    "1326": _Labels(code=("注册证ID",), name=("注册备案产品名称",)),
    "1327": _Labels(code=("试剂分类代码",), name=("试剂分类三级名称", "试剂分类二级名称", "试剂分类一级名称")),
}

_SERVICE_KINDS: Final = {
    "1101": ItemKind.REGISTRATION,
    "1102": ItemKind.CONSULTATION,
    "1105": ItemKind.CHECKUP,
    "1109": ItemKind.BED,
    "1201": ItemKind.NURSING,
    "12": ItemKind.TREATMENT,
    "21": ItemKind.EXAMINATION,
    "22": ItemKind.EXAMINATION,
    "23": ItemKind.EXAMINATION,
    "24": ItemKind.TREATMENT,
    "25": ItemKind.LABORATORY,
    "26": ItemKind.LABORATORY,
    "27": ItemKind.LABORATORY,
    "31": ItemKind.TREATMENT,
    "32": ItemKind.TREATMENT,
    "33": ItemKind.SURGERY,
    "34": ItemKind.TREATMENT,
    "4": ItemKind.TREATMENT,
}
"""Kinds by the first digits of 全国医疗服务价格项目规范 (2001 and 2012): 1101 挂号费, 1102 诊查费, 21 医学影像,
25 检验, 33 手术, 4 中医 and so on. Files don't carry the kind; a region's terms may say otherwise."""

_NATIONAL_SERVICE: Final = 15
"""Digits of a service code: two, nine of the price list, four."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Places of the columns in a row, from 0."""

    file: str
    columns: tuple[str, ...]
    kind: ItemKind | None
    code: tuple[int, ...]
    name: tuple[int, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    unit: tuple[int, ...]
    form: tuple[int, ...]
    specification: tuple[int, ...]
    restriction: tuple[int, ...]
    level: tuple[int, ...]
    patent: tuple[int, ...]
    valid: int
    version: int
    record: tuple[int, ...]
    """Unique record number (唯一记录号)."""
    updated: tuple[int, ...]
    restricted: tuple[int, ...]
    """Flag of restricted use (限制使用标志)."""


@cache
def layout(file: str) -> Layout:
    """The layout of the file a transaction fetches.

    Raises:
        KeyError: no file is fetched with that transaction.
    """
    columns = tables.catalogue_columns(file)
    place = {label: number for number, label in enumerate(columns)}
    labels = _LABELS[file]

    def places(wanted: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(place[label] for label in wanted if label in place)

    return Layout(
        file=file,
        columns=columns,
        kind=labels.kind,
        code=places(labels.code),
        name=places(labels.name),
        begins=places(labels.begins),
        ends=places(labels.ends),
        unit=places(labels.unit),
        form=places(labels.form),
        specification=places(labels.specification),
        restriction=places(labels.restriction),
        level=places(labels.level),
        patent=places(labels.patent),
        valid=place["有效标志"],
        version=place["版本号"],
        record=places(("唯一记录号", "数据唯一记录号")),
        updated=places(("数据更新时间",)),
        restricted=places(("限制使用标志",)),
    )


def service_kind(code: str) -> ItemKind:
    """What a medical service is, by its code; :attr:`ItemKind.SERVICE` where the code doesn't tell."""
    digits = code[2:] if len(code) == _NATIONAL_SERVICE else code
    if not digits.isdigit():
        return ItemKind.SERVICE
    found = (_SERVICE_KINDS[digits[:length]] for length in (4, 2, 1) if digits[:length] in _SERVICE_KINDS)
    return next(found, ItemKind.SERVICE)
