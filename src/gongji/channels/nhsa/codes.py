"""National codes (字典) and the closed sets of the core, one mapping a dictionary; names are the specification's.

Source: the dictionary chapter of the specification (tables 374 to 675). Provinces extend dictionaries; what stands
here is their national part.
"""

from typing import Final

import msgspec

from gongji.channels.nhsa import tables
from gongji.core.case import AccountUse
from gongji.core.codes import Care, Grade, Insurance, ItemKind, Level, Scheme, Status
from gongji.core.filing import Subject
from gongji.core.person import Institution
from gongji.core.refusal import Code, Refusal, refuse

INSUTYPE: Final = {Scheme.EMPLOYEE: "310", Scheme.RESIDENT: "390"}
"""险种类型"""

PSN_TYPE: Final = {
    Status.ACTIVE: "11",
    Status.RETIRED: "12",
    Status.CHILD: "1402",
    Status.STUDENT: "1403",
    Status.ADULT: "15",
    Status.ELDERLY: "16",
}
"""人员类别"""

PSN_INSU_STAS: Final = {
    Insurance.NONE: "0",
    Insurance.INSURED: "1",
    Insurance.SUSPENDED: "2",
    Insurance.ENDED: "4",
}
"""人员参保状态"""

MDTRT_CERT_TYPE: Final = {"01": "voucher", "02": "certificate", "03": "card"}
"""就诊凭证类型：01 医保码（医保电子凭证），02 居民身份证，03 社会保障卡"""

MED_TYPE: Final = {
    "11": Care.OUTPATIENT,
    "12": Care.OUTPATIENT,
    "13": Care.OUTPATIENT,
    "1301": Care.OUTPATIENT,
    "16": Care.OUTPATIENT,
    "9903": Care.OUTPATIENT,
    "14": Care.SPECIAL_DISEASE,
    "140104": Care.SPECIAL_DISEASE,
    "140201": Care.SPECIAL_DISEASE,
    "41": Care.PHARMACY,
}
"""医疗类别：what an outpatient settlement may be. Others follow rules of their own, which would be guessed here."""

STAYS: Final = {
    "21": "普通住院",
    "2101": "普通住院",
    "2102": "单病种住院",
    "2105": "康复治疗住院",
    "2109": "新生儿抢救",
    "21303": "精神病住院",
    "22": "外伤住院",
    "28": "日间手术",
}
"""医疗类别 of stays that the region's rules for stays settle; clients outside Hunan write 21, and Hunan 2101."""

OF_THEIR_OWN: Final = {
    "1103": "癌症筛查",
    "18": "特药购药",
    "2106": "生育平产",
    "2107": "生育剖宫产",
    "51": "生育门诊",
    "52": "生育住院",
    "71": "家庭病床",
    "9901": "门诊两病",
    "990101": "门诊单病种",
    "990103": "核酸检测",
    "9904": "大病特药",
}
"""医疗类别 with rules of their own, which no region's file states yet."""

MED_TYPE_OF_CARE: Final = {
    Care.OUTPATIENT: "11",
    Care.SPECIAL_DISEASE: "14",
    Care.PHARMACY: "41",
    Care.INPATIENT: "21",
}
"""医疗类别 of a settlement that another channel made."""

CLR_TYPE: Final = {
    Care.OUTPATIENT: "11",
    Care.SPECIAL_DISEASE: "11",
    Care.PHARMACY: "41",
    Care.INPATIENT: "21",
}
"""清算类别"""

CLR_WAY_BY_ITEM: Final = "1"
"""清算方式：按项目"""

ACCT_USED_FLAG: Final = {
    "0": AccountUse.NONE,
    "1": AccountUse.OWN,
    "2": AccountUse.OWN_THEN_SHARED,
}
"""个人账户使用标志; some clients write two digits."""

CHRGITM_LV: Final = {"甲": "01", "乙": "02", "丙": "03"}
"""收费项目等级"""

MED_CHRGITM_TYPE: Final = {
    ItemKind.BED: "01",
    ItemKind.CONSULTATION: "02",
    ItemKind.EXAMINATION: "03",
    ItemKind.LABORATORY: "04",
    ItemKind.TREATMENT: "05",
    ItemKind.DENTAL_TREATMENT: "05",
    ItemKind.SURGERY: "06",
    ItemKind.NURSING: "07",
    ItemKind.CONSUMABLE: "08",
    ItemKind.DEVICE: "08",
    ItemKind.DISINFECTANT: "08",
    ItemKind.WESTERN_DRUG: "09",
    ItemKind.HERBAL_MEDICINE: "10",
    ItemKind.HERBAL_GRANULE: "10",
    ItemKind.CHINESE_PATENT: "11",
    ItemKind.ETHNIC_DRUG: "11",
    ItemKind.GENERAL_TREATMENT: "12",
    ItemKind.REGISTRATION: "13",
}
"""医疗收费项目类别; every other kind is 其他费."""

OTHER_CHARGE: Final = "14"
"""医疗收费项目类别：其他费"""

LIST_TYPE: Final = {
    ItemKind.WESTERN_DRUG: "101",
    ItemKind.CHINESE_PATENT: "101",
    ItemKind.VACCINE: "101",
    ItemKind.HERBAL_MEDICINE: "102",
    ItemKind.SELF_PREPARED: "103",
    ItemKind.ETHNIC_DRUG: "104",
    ItemKind.WELLNESS: "105",
    ItemKind.FITNESS: "105",
    ItemKind.HERBAL_GRANULE: "106",
    ItemKind.CONSUMABLE: "301",
    ItemKind.DEVICE: "301",
    ItemKind.DISINFECTANT: "301",
}
"""目录类别; every other kind is 医疗服务项目."""

SERVICE_LIST: Final = "201"
"""目录类别：医疗服务项目"""

NOT_APPROVED: Final = "2"
"""医院审批标志：审批不通过"""

ADMISSION_DIAGNOSIS, DISCHARGE_DIAGNOSIS = "1", "2"
"""出入院诊断类别."""

POOL_FUND: Final = {Scheme.EMPLOYEE: "310100", Scheme.RESIDENT: "390100"}
"""基金支付类型：统筹基金"""

SUPPLEMENTARY_FUND: Final = {Scheme.EMPLOYEE: "330100", Scheme.RESIDENT: "390200"}
"""基金支付类型：统筹封顶线以上，职工大额医疗费用补助、居民大病保险"""

PERSONAL_ACCOUNT: Final = "310200"
"""基金支付类型：个人账户基金"""

NO: Final = "0"
YES: Final = "1"
"""标志"""

FROM_INSTITUTION: Final = "01"
"""申报来源：定点医药机构"""

REFERRED_IN_TOWN: Final = "1"
"""转院类型：市内转院"""

PAID_AT_INSTITUTION: Final = "2"
"""支付地点类别：医疗机构"""

FUND_CHECK: Final = "01"
"""待遇检查类型：基金项检查"""

FIXMEDINS_TYPE: Final = {"hospital": "1", "clinic": "1", "pharmacy": "2"}
"""定点医疗服务机构类型：1 定点医疗机构，2 定点零售药店"""

HOSP_LV: Final = {
    (Level.THIRD, Grade.A): "2",
    (Level.THIRD, Grade.B): "3",
    (Level.SECOND, Grade.A): "5",
    (Level.SECOND, Grade.B): "6",
    (Level.FIRST, Grade.A): "8",
    (Level.FIRST, Grade.B): "9",
    (Level.THIRD, None): "12",
    (Level.SECOND, None): "13",
    (Level.FIRST, None): "14",
}
"""医院等级"""

NO_LEVEL: Final = "11"
"""医院等级：无等级"""

_SCHEMES: Final = {code: scheme for scheme, code in INSUTYPE.items()}


def charge_of(kind: ItemKind) -> str:
    """医疗收费项目类别 of a kind of item."""
    return MED_CHRGITM_TYPE.get(kind, OTHER_CHARGE)


def list_type_of(kind: ItemKind) -> str:
    """目录类别 of a kind of item."""
    return LIST_TYPE.get(kind, SERVICE_LIST)


def scheme_of(insutype: str) -> Scheme | Refusal:
    """险种类型 -> scheme."""
    if insutype in _SCHEMES:
        return _SCHEMES[insutype]
    what = f"insutype（险种类型）{insutype} 不受理，职工医保请填 310，居民医保请填 390"
    return refuse(Code.INPUT_INVALID, field="insutype", what=what)


def hosp_lv(institution: Institution) -> str:
    """医院等级 of an institution."""
    if institution.level is None:
        return NO_LEVEL
    return HOSP_LV[institution.level, institution.grade]


def fund_name(fund_pay_type: str) -> str | None:
    """基金支付类型 in words."""
    return tables.dictionary("fund_pay_type").get(fund_pay_type)


def benefit_of(med_type: str) -> Care | Refusal:
    """医疗类别 -> kind of care that is asked about: an outpatient one, or one of the stays (2...)."""
    known = tables.dictionary("med_type") | STAYS
    if med_type.startswith("2") and med_type in known:
        return Care.INPATIENT
    return care_of(med_type)


def stay_of(med_type: str) -> Care | Refusal:
    """医疗类别 -> kind of care of a stay in hospital."""
    if med_type in STAYS:
        return Care.INPATIENT
    if med_type in OF_THEIR_OWN:
        return _of_its_own(med_type)
    what = f"med_type（医疗类别）{med_type} 不是住院，普通住院请填 21 或 2101，单病种 2102，外伤 22，日间手术 28"
    return refuse(Code.INPUT_INVALID, field="med_type", what=what)


SPECIAL_DISEASE: Final = frozenset(code for code, care in MED_TYPE.items() if care is Care.SPECIAL_DISEASE)
ACCIDENT: Final = frozenset({"22", "9903"})
EMERGENCY: Final = "1301"
"""医疗类别：急诊抢救"""

OTP_ER_REFL_FLAG: Final = frozenset({"1", "3"})
"""门诊急诊转诊标志 in the extension of 2206 and 2207: an emergency, or an emergency with referral."""

IPT_TYPE_EMERGENCY: Final = "2"
"""住院类型 in the extension of 2401 and 2403: 急诊或抢救住院."""


def needs_of(med_type: str) -> Subject | None:
    """What must have been filed for a 医疗类别."""
    if med_type in SPECIAL_DISEASE:
        return Subject.SPECIAL_DISEASE
    return Subject.ACCIDENT if med_type in ACCIDENT else None


def emergency_of(med_type: str, exp_content: str | None) -> bool:
    """Whether care is given in an emergency, by 医疗类别 or by what the extension says."""
    try:
        told = msgspec.json.decode(exp_content or "{}")
    except msgspec.DecodeError:
        told = {}
    flags = told if isinstance(told, dict) else {}
    outpatient = str(flags.get("OTP_ER_REFL_FLAG")) in OTP_ER_REFL_FLAG
    return med_type == EMERGENCY or outpatient or str(flags.get("IPT_TYPE")) == IPT_TYPE_EMERGENCY


def _of_its_own(med_type: str) -> Refusal:
    what = f"{OF_THEIR_OWN[med_type]}待遇（医疗类别 {med_type}）"
    return refuse(Code.RULE_UNKNOWN, field="med_type", region="各地", what=what)


def care_of(med_type: str) -> Care | Refusal:
    """医疗类别 -> kind of care of an outpatient settlement."""
    if med_type in MED_TYPE:
        return MED_TYPE[med_type]
    if med_type in OF_THEIR_OWN:
        return _of_its_own(med_type)
    if med_type in STAYS:
        what = f"med_type（医疗类别）{med_type} 不受理：{STAYS[med_type]}请用住院交易 2401、2301、2303、2304"
        return refuse(Code.INPUT_INVALID, field="med_type", what=what)
    what = f"med_type（医疗类别）{med_type} 不受理，普通门诊请填 11，挂号 12，急诊 13，门诊慢特病 14，定点药店购药 41"
    return refuse(Code.INPUT_INVALID, field="med_type", what=what)


def account_use_of(acct_used_flag: str) -> AccountUse | Refusal:
    """个人账户使用标志 -> whose accounts may pay."""
    flag = acct_used_flag.removeprefix("0") or "0"
    if flag in ACCT_USED_FLAG:
        return ACCT_USED_FLAG[flag]
    what = f"acct_used_flag（个人账户使用标志）{acct_used_flag} 无法识别，应为 0 不使用、1 本人、2 本人和共济"
    return refuse(Code.INPUT_INVALID, field="acct_used_flag", what=what)
