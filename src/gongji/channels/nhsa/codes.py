"""National codes (字典) and the closed sets of the core, one mapping a dictionary; names are the specification's.

Source: the dictionary chapter of the specification (tables 374 to 675). Provinces extend dictionaries; what stands
here is their national part.
"""

from typing import Final

from gongji.core.case import AccountUse
from gongji.core.codes import Care, Insurance, Scheme, Status
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

MDTRT_CERT_TYPE: Final = {"02": "certificate", "03": "card"}
"""就诊凭证类型：02 居民身份证，03 社会保障卡"""

MED_TYPE: Final = {
    "11": Care.OUTPATIENT,
    "12": Care.OUTPATIENT,
    "13": Care.OUTPATIENT,
    "1301": Care.OUTPATIENT,
    "16": Care.OUTPATIENT,
    "14": Care.SPECIAL_DISEASE,
    "140104": Care.SPECIAL_DISEASE,
    "140201": Care.SPECIAL_DISEASE,
    "41": Care.PHARMACY,
}
"""医疗类别：what an outpatient settlement may be. Others follow rules of their own, which would be guessed here."""

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

OUTSIDE_CATALOGUE: Final = "03"
"""收费项目等级 of an item that the catalogue doesn't have."""

MED_CHRGITM_TYPE: Final = {
    "bed": "01",
    "consultation": "02",
    "examination": "03",
    "laboratory": "04",
    "treatment": "05",
    "surgery": "06",
    "nursing": "07",
    "consumable": "08",
    "device": "08",
    "disinfectant": "08",
    "western_drug": "09",
    "herbal_medicine": "10",
    "chinese_patent": "11",
    "general_treatment": "12",
    "registration": "13",
}
"""医疗收费项目类别 by the kind of a catalogue item; a kind that leaves the category open is 其他费."""

OTHER_CHARGE: Final = "14"
"""医疗收费项目类别：其他费"""

POOL_FUND: Final = {Scheme.EMPLOYEE: "310100", Scheme.RESIDENT: "390100"}
"""基金支付类型：统筹基金"""

SUPPLEMENTARY_FUND: Final = {Scheme.EMPLOYEE: "330100", Scheme.RESIDENT: "390200"}
"""基金支付类型：统筹封顶线以上，职工大额医疗费用补助、居民大病保险"""

PERSONAL_ACCOUNT: Final = "310200"
"""基金支付类型：个人账户基金"""

NO: Final = "0"
YES: Final = "1"
"""标志"""

PAID_AT_INSTITUTION: Final = "2"
"""支付地点类别：医疗机构"""

_SCHEMES: Final = {code: scheme for scheme, code in INSUTYPE.items()}


def scheme_of(insutype: str) -> Scheme | Refusal:
    """险种类型 -> scheme."""
    if insutype in _SCHEMES:
        return _SCHEMES[insutype]
    what = f"insutype（险种类型）{insutype} 不受理，职工医保请填 310，居民医保请填 390"
    return refuse(Code.INPUT_INVALID, field="insutype", what=what)


def care_of(med_type: str) -> Care | Refusal:
    """医疗类别 -> kind of care of an outpatient settlement."""
    if med_type in MED_TYPE:
        return MED_TYPE[med_type]
    what = f"med_type（医疗类别）{med_type} 不受理，普通门诊请填 11，挂号 12，急诊 13，门诊慢特病 14，定点药店购药 41"
    return refuse(Code.INPUT_INVALID, field="med_type", what=what)


def account_use_of(acct_used_flag: str) -> AccountUse | Refusal:
    """个人账户使用标志 -> whose accounts may pay."""
    flag = acct_used_flag.removeprefix("0") or "0"
    if flag in ACCT_USED_FLAG:
        return ACCT_USED_FLAG[flag]
    what = f"acct_used_flag（个人账户使用标志）{acct_used_flag} 无法识别，应为 0 不使用、1 本人、2 本人和共济"
    return refuse(Code.INPUT_INVALID, field="acct_used_flag", what=what)
