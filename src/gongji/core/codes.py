"""Closed sets of trade terms (编码). Values are the words of the ``gongji quote`` contract."""

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A code with the Chinese word people read for it."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make a member whose value is the code and whose ``label`` is the Chinese word."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    # The enumeration's own hash is computed in Python from the member's name; sets and tables of codes are looked
    # into a dozen times a settlement. Members are equal as texts, so this is the hash that belongs to them.
    __hash__ = str.__hash__


class Scheme(Term):
    """Insurance scheme (险种)."""

    EMPLOYEE = "employee", "职工医保"
    """职工基本医疗保险"""
    RESIDENT = "resident", "居民医保"
    """城乡居民基本医疗保险"""


class Status(Term):
    """Kind of insured person (人员类别)."""

    ACTIVE = "active", "在职"
    RETIRED = "retired", "退休"
    CHILD = "child", "儿童"
    """学龄前儿童"""
    STUDENT = "student", "学生"
    ADULT = "adult", "成年居民"
    """居民（成年）"""
    ELDERLY = "elderly", "老年居民"
    """居民（老年）"""


EMPLOYEE_STATUSES = frozenset({Status.ACTIVE, Status.RETIRED})


class Insurance(Term):
    """State of the insurance relation (参保状态)."""

    INSURED = "insured", "正常参保"
    SUSPENDED = "suspended", "暂停参保"
    ENDED = "ended", "终止参保"
    NONE = "none", "未参保"


class AccountState(Term):
    """State of a personal account (个人账户状态)."""

    OPEN = "open", "正常"
    FROZEN = "frozen", "已封停"
    CLOSED = "closed", "已注销"
    """注销"""
    NONE = "none", "无个人账户"
    """无个人账户：居民医保、单建统筹"""
    MOVED = "moved", "已转出"
    """参保关系转到别的统筹区，余额已随同转走"""


class Segment(Term):
    """Part of a personal account (个人账户分段)."""

    WHOLE = "whole", "不分段"
    CURRENT_YEAR = "current_year", "当年"
    HISTORICAL = "historical", "历年"


class Care(Term):
    """Kind of care (医疗类别)."""

    OUTPATIENT = "outpatient", "普通门诊"
    INPATIENT = "inpatient", "住院"
    PHARMACY = "pharmacy", "药店购药"
    """定点药店购药"""
    SPECIAL_DISEASE = "special_disease", "门诊慢特病"


class Level(Term):
    """Level of a medical institution (医院级别)."""

    FIRST = "1", "一级及以下"
    SECOND = "2", "二级"
    THIRD = "3", "三级"


class Grade(Term):
    """Grade within a level (等次)."""

    A = "A", "甲等"
    B = "B", "乙等"


class Filing(Term):
    """Filing for care away from home (异地就医备案)."""

    NONE = "none", "未备案"
    LONG_TERM = "long_term", "长期异地"
    REFERRAL = "referral", "转诊"
    EMERGENCY = "emergency", "急诊"
    TEMPORARY = "temporary", "临时外出"


class Place(Term):
    """Where care is given, seen from the patient's pooling area (就医地)."""

    HOME = "home", "统筹区内"
    PROVINCE = "province", "省内异地"
    """省内其他统筹区"""
    OUTSIDE = "outside", "跨省异地"


class Relation(Term):
    """What the user is to the authoriser (使用人与授权人的关系)."""

    SPOUSE = "spouse", "配偶"
    PARENT = "parent", "父母"
    CHILD = "child", "子女"
    SIBLING = "sibling", "兄弟姐妹"
    PATERNAL_GRANDPARENT = "paternal_grandparent", "祖父母"
    MATERNAL_GRANDPARENT = "maternal_grandparent", "外祖父母"
    PATERNAL_GRANDCHILD = "paternal_grandchild", "孙子女"
    MATERNAL_GRANDCHILD = "maternal_grandchild", "外孙子女"
    SPOUSE_PARENT = "spouse_parent", "配偶的父母"


class SharingMode(Term):
    """How money is shared (共济方式); the modes are separate mechanisms."""

    LIVE_CALL = "live_call", "用时直接扣"
    """即时调用：什么都不预先划走，结算时从授权人的账户扣。"""
    FAMILY_ACCOUNT = "family_account", "家庭共济账户"
    """划拨至家庭共济账户"""
    QUOTA_HOLD = "quota_hold", "共济额度"
    """跨省共济额度"""


class BindingTerm(Term):
    """How long a binding lasts (关联类型)."""

    LONG_TERM = "long_term", "长期"
    SINGLE_USE = "single_use", "临时"
    """用一次即失效"""


class PaperKind(Term):
    """Kind of a paper that proves a binding (材料种类)."""

    ID_CARD = "id_card", "身份证"
    INSURANCE_CARD = "insurance_card", "社保卡（医保卡）"
    HOUSEHOLD_REGISTER = "household_register", "户口簿"
    AUTHORISATION_LETTER = "authorisation_letter", "授权书"
    MARRIAGE_CERTIFICATE = "marriage_certificate", "结婚证"
    BIRTH_CERTIFICATE = "birth_certificate", "出生医学证明"
    RELATION_PROOF = "relation_proof", "亲属关系证明"


class ProofWay(Term):
    """How a relation is proved (证明方式)."""

    COMMITMENT = "commitment", "签署个人承诺书"
    DOCUMENTS = "documents", "上传材料并审核"
    COUNTER = "counter", "窗口核验材料"


class BindingChannel(Term):
    """Where an application for a binding is taken (办理渠道); institutions' own terminals are none."""

    PORTAL = "portal", "网上服务大厅"
    REST = "rest", "第三方渠道"
    APP = "app", "医保服务平台 APP"
    MINI_PROGRAM = "mini_program", "小程序"
    OFFICIAL_ACCOUNT = "official_account", "微信公众号"
    WECHAT = "wechat", "微信"
    ALIPAY = "alipay", "支付宝"
    WEBSITE = "website", "网站"
    COUNTER = "counter", "医保大厅"
    WINDOW = "window", "指定服务窗口"


class PlaceKind(Term):
    """Kind of institution an authoriser may allow (可用机构类别)."""

    HOSPITAL = "hospital", "医院"
    CLINIC = "clinic", "诊所和社区卫生机构"
    PHARMACY = "pharmacy", "定点药店"


class Reach(Term):
    """How far apart authoriser and user may be insured (共济范围)."""

    SAME_POOL = "same_pool", "同一统筹区"
    PROVINCE = "province", "省内"
    """全省"""
    NATION = "nation", "跨省"


class Purpose(Term):
    """What account money may pay for (支付用途)."""

    OUTPATIENT = "outpatient", "门诊个人负担"
    INPATIENT = "inpatient", "住院个人负担"
    SPECIAL_DISEASE = "special_disease", "门诊慢特病个人负担"
    PHARMACY = "pharmacy", "定点药店购药"
    """定点药店的药品、医疗器械、医用耗材"""
    RESIDENT_PREMIUM = "resident_premium", "居民医保缴费"
    """居民医保个人缴费"""
    LTC_PREMIUM = "ltc_premium", "长护险缴费"
    """长期护理保险个人缴费"""
    COMMERCIAL_HEALTH = "commercial_health", "指定商业健康保险"
    FAMILY_DOCTOR_FEE = "family_doctor_fee", "家庭医生签约费"
    MATERNITY = "maternity", "产前检查和生育个人负担"
    VACCINE = "vaccine", "非免疫规划疫苗"
    CHECKUP = "checkup", "健康体检"
    TCM_PREVENTION = "tcm_prevention", "中医治未病"
    MISSING_YEARS = "missing_years", "补缴职工医保年限"
    """退休人员补缴不足的缴费年限"""
    EMPLOYEE_PREMIUM = "employee_premium", "职工医保个人缴费"
    PUBLIC_HEALTH = "public_health", "公共卫生费用"
    FITNESS = "fitness", "体育健身"
    WELLNESS = "wellness", "养生保健消费"
    COSMETIC = "cosmetic", "美容整形"
    """美容、整形、减肥，含牙齿矫正和美白"""
    CASH = "cash", "提取现金或转账"


class PremiumKind(Term):
    """Premium or insurance product that account money may pay (代缴险种); the value is that of its purpose."""

    RESIDENT = "resident_premium", "居民医保费"
    EMPLOYEE = "employee_premium", "职工医保费"
    """灵活就业人员的职工医保个人缴费"""
    MISSING_YEARS = "missing_years", "补缴职工医保年限"
    LTC = "ltc_premium", "长护险费"
    COMMERCIAL = "commercial_health", "商业健康保险"
    """当地指定的商业健康保险产品"""

    @property
    def purpose(self) -> Purpose:
        """What its money is for."""
        return Purpose(self.value)


class ItemKind(Term):
    """What a catalogue item is (目录项目分类): the fee type it is charged under, and what its money is for."""

    WESTERN_DRUG = "western_drug", "西药"
    CHINESE_PATENT = "chinese_patent", "中成药"
    HERBAL_MEDICINE = "herbal_medicine", "中药饮片"
    HERBAL_GRANULE = "herbal_granule", "中药配方颗粒"
    SELF_PREPARED = "self_prepared", "医疗机构制剂"
    """医疗机构自制剂"""
    ETHNIC_DRUG = "ethnic_drug", "民族药"
    REGISTRATION = "registration", "挂号"
    CONSULTATION = "consultation", "诊察"
    GENERAL_TREATMENT = "general_treatment", "一般诊疗"
    EXAMINATION = "examination", "检查"
    LABORATORY = "laboratory", "化验"
    TREATMENT = "treatment", "治疗"
    DENTAL_TREATMENT = "dental_treatment", "口腔治疗"
    """补牙、拔牙、牙周治疗"""
    SURGERY = "surgery", "手术"
    NURSING = "nursing", "护理"
    BED = "bed", "床位"
    SERVICE = "service", "其他医疗服务"
    CONSUMABLE = "consumable", "医用耗材"
    DEVICE = "device", "医疗器械"
    DISINFECTANT = "disinfectant", "消毒用品"
    VACCINE = "vaccine", "非免疫规划疫苗"
    """二类疫苗"""
    CHECKUP = "checkup", "健康体检"
    TCM_PREVENTION = "tcm_prevention", "中医治未病"
    FAMILY_DOCTOR = "family_doctor", "家庭医生签约"
    DENTAL_COSMETIC = "dental_cosmetic", "牙齿矫正美白"
    COSMETIC = "cosmetic", "美容整形"
    WELLNESS = "wellness", "养生保健"
    FITNESS = "fitness", "体育健身"
    PUBLIC_HEALTH = "public_health", "公共卫生"
    """含免疫规划疫苗接种"""


class Business(Term):
    """Kind of business of a movement of money (业务类型)."""

    CARE = "care", "就医购药"
    PREMIUM = "premium", "代缴保险费"
    CREDIT = "credit", "个人账户划入"
    SHARING = "sharing", "家庭共济划拨和额度"
    WALLET = "wallet", "医保钱包"
    OTHER = "other", "其他"

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of journals that it books."""
        return _JOURNALS_OF[self]

    @classmethod
    def of(cls, kind: str) -> "Business":
        """The business that books a kind of journal."""
        return next((business for business, kinds in _JOURNALS_OF.items() if kind in kinds), cls.OTHER)


_JOURNALS_OF = {
    Business.CARE: ("settlement", "reversal", "partial_return"),
    Business.PREMIUM: ("premium", "premium_refund"),
    Business.CREDIT: ("credit",),
    Business.SHARING: ("set_aside", "given_back"),
    Business.WALLET: ("transfer", "transfer_accepted", "transfer_returned"),
    Business.OTHER: ("moved", "clearing", "correction"),
}


class BillPart(Term):
    """Part of what the person bears (个人负担的组成)."""

    IN_SCOPE = "in_scope", "政策范围内自付"
    """政策范围内个人自付"""
    FIRST_SELF_PAY = "first_self_pay", "先行自付"
    OVER_LIMIT = "over_limit", "超限价自费"
    FULL_SELF_PAY = "full_self_pay", "全自费"


class Confidence(Term):
    """How sure a figure is (可信度)."""

    HIGH = "high", "高"
    """官方文本，或三个以上独立来源"""
    MEDIUM = "medium", "中"
    """一至两个较好来源"""
    LOW = "low", "低"
    """来源薄弱"""
    ARTICLE_ONLY = "article-only", "仅见于文章"
    """仅见于科普文章"""
