"""Every business refusal: a stable code, what to do next in Chinese, and a place in the precedence order.

Members stand in descending precedence: where several reasons hold, the one that stands first is answered, so the
same input is refused in the same words on every channel.
"""

from enum import Enum
from typing import Self

import msgspec


class Code(Enum):
    """Reason of a refusal. The value is the stable code that outside programs see."""

    text: str

    def __new__(cls, value: str, text: str) -> Self:
        """Make a member whose value is the code and whose ``text`` is the Chinese template."""
        member = object.__new__(cls)
        member._value_ = value
        member.text = text
        return member

    INPUT_INVALID = "input_invalid", "{what}"
    INSTITUTION_UNKNOWN = "institution_unknown", "未找到定点医药机构 {institution}，请核对机构编号"
    INSTITUTION_NOT_DESIGNATED = (
        "institution_not_designated",
        "{institution} 不是医保定点机构，个人账户和共济资金不能在此使用，请到定点医药机构就医购药",
    )
    MESSAGE_REUSED = "message_reused", "报文号 {message_id} 已用于内容不同的请求，请换新的报文号重新提交"
    MESSAGE_VOID = "message_void", "报文号 {message_id} 已被冲正，不再受理，请换新的报文号重新提交"
    MESSAGE_UNKNOWN = "message_unknown", "没有收到过报文号为 {message_id} 的 {transaction} 交易，无需冲正"
    MESSAGE_REFUSED = (
        "message_refused",
        "报文号 {message_id} 的 {transaction} 交易没有办理，原因 {reason}，请更正后重新提交",
    )
    PERSON_UNKNOWN = "person_unknown", "未找到参保人，请核对证件号码或人员编号"
    PERSON_DETAILS_MISMATCH = (
        "person_details_mismatch",
        "填写的信息与参保记录不一致，请核对姓名、证件号码和参保地",
    )
    CREDENTIAL_UNKNOWN = (
        "credential_unknown",
        "就诊凭证无法识别或已过期，请参保人重新出示本人的医保码、身份证或社保卡",
    )
    CREDENTIAL_MISMATCH = (
        "credential_mismatch",
        "持卡人与就医者身份不一致，请使用就医者本人的医保凭证；家人的钱可先办理家庭共济绑定后使用",
    )
    VOUCHER_EXPIRED = "voucher_expired", "医保码已过期或已失效，请参保人刷新后重新出示"
    VOUCHER_USED = "voucher_used", "这个医保码在本机构已经用过，请参保人刷新后重新出示"
    VOUCHER_ELSEWHERE = "voucher_elsewhere", "身份核验令牌不是本机构取得的，请重新扫参保人的医保码"
    SCHEME_MISMATCH = "scheme_mismatch", "险种与参保记录不一致，该参保人参加的是{scheme}，请重新读取人员信息"
    NOT_INSURED = "not_insured", "该参保人当前{state}，不能享受医保待遇，请先恢复参保"
    ACCOUNT_NOT_OPEN = "account_not_open", "个人账户{state}，请联系参保地医保经办机构"
    VISIT_UNKNOWN = "visit_unknown", "就诊信息不存在[{visit}]，请先办理挂号登记"
    VISIT_ELSEWHERE = "visit_elsewhere", "就诊[{visit}]不属于本机构，不能办理"
    VISIT_OF_ANOTHER = "visit_of_another", "就诊[{visit}]的就医者不是该参保人，请核对人员编号"
    VISIT_CANCELLED = "visit_cancelled", "就诊[{visit}]已撤销，请重新挂号"
    VISIT_EXISTS = "visit_exists", "住院/门诊号 {number} 已登记过就诊，请使用原就诊ID"
    VISIT_IN_USE = "visit_in_use", "就诊[{visit}]已有{what}，不能撤销登记，请先撤销{what}"
    VISIT_OF_OTHER_CARE = "visit_of_other_care", "就诊[{visit}]登记为{care}，不能按{asked}办理，请使用{care}的交易"
    IN_HOSPITAL = "in_hospital", "该参保人正在{institution}住院（{on} 入院），请先办理出院"
    STAY_SETTLED = "stay_settled", "就诊[{visit}]已出院结算（结算ID {settlement}），不能{act}，请先撤销出院结算"
    STAY_ENDED = "stay_ended", "就诊[{visit}]已于 {on} 出院，不能{act}，请先撤销出院"
    STAY_OPEN = "stay_open", "就诊[{visit}]还没有办理出院，不能{act}"
    STAY_DATES_INVALID = "stay_dates_invalid", "入院日期 {began} 和出院日期 {ended} 不合规：{what}"
    CARE_IN_FUTURE = "care_in_future", "就诊日期 {on} 晚于今天，请核对系统时间后重新提交"
    FEES_MISSING = "fees_missing", "就诊[{visit}]收费批次 {batch} 没有费用明细，请先上传"
    FEE_DUPLICATE = "fee_duplicate", "费用明细流水号 {line} 已上传过，请使用新的流水号"
    FEE_UNKNOWN = "fee_unknown", "就诊[{visit}]没有流水号为 {line} 的费用明细，请核对后重新提交"
    RETURN_INVALID = "return_invalid", "费用明细 {line} 不能这样退：{what}"
    FEE_ARITHMETIC = "fee_arithmetic", "费用明细 {line} 的总额 {amount} 元不等于数量乘单价 {product} 元"
    ITEM_UNKNOWN = "item_unknown", "医疗目录编码 {item} 不在目录中，请核对对照关系"
    ITEM_NOT_IN_FORCE = (
        "item_not_in_force",
        "医疗目录编码 {item}（{name}）在 {on} 不可用：{why}，请改用当天有效的编码",
    )
    TOTAL_MISMATCH = "total_mismatch", "医疗费总额 {stated} 元不等于明细合计 {counted} 元，请核对后重新提交"
    PARTS_MISMATCH = "parts_mismatch", "{part} {stated} 元与预结算结果 {counted} 元不一致，请重新预结算"
    BILL_INVALID = "bill_invalid", "账单金额不合规：{what}"
    ALREADY_SETTLED = "already_settled", "收费批次 {batch} 已结算（结算ID {settlement}），请勿重复结算"
    SETTLEMENT_UNKNOWN = "settlement_unknown", "未找到结算记录[{settlement}]，请核对结算ID"
    SETTLEMENT_ELSEWHERE = (
        "settlement_elsewhere",
        "结算[{settlement}]不属于本机构、本次就诊或该参保人，不能办理",
    )
    ALREADY_REVERSED = "already_reversed", "结算[{settlement}]已撤销，请勿重复撤销"
    LATER_SETTLEMENT = (
        "later_settlement",
        "本次住院在这笔结算之后还有结算（结算ID {settlement}），请从最后一笔开始逐笔撤销",
    )
    NOT_REVERSIBLE = "not_reversible", "{what}，不能撤销"
    NOT_RETURNABLE = "not_returnable", "不能部分退费：{what}"
    ORDER_UNKNOWN = "order_unknown", "没有找到这个支付订单，或支付令牌不对，请核对订单号"
    ORDER_EXISTS = "order_exists", "医疗机构订单号 {order} 已经下过单，请用原订单支付，或先撤销"
    ORDER_STATE = "order_state", "订单{state}，不能办理这项业务，请先查询订单"
    CONSENT_MISSING = "consent_missing", "参保人还没有同意支付，或同意已过期，请参保人在门户或渠道里确认后再支付"
    REFUND_MISMATCH = (
        "refund_mismatch",
        "{part} {stated} 元与可退的 {counted} 元不一致，医保部分只能全部退，请核对后重新提交",
    )
    RECORD_EXISTS = "record_exists", "{what}已存在，{remedy}"
    RECORD_UNKNOWN = "record_unknown", "未找到{what}，请核对后重新提交"
    RECORD_CLOSED = "record_closed", "{what}{state}，不能{act}"
    FILE_UNKNOWN = "file_unknown", "未找到文件 {number}，或已过下载截止时间，请重新上传或重新申请下载"
    FILING_INVALID = "filing_invalid", "备案不合规：{what}"
    FILING_MISSING = "filing_missing", "该参保人在 {on} 没有有效的{what}，请先办理{what}"
    FILING_NEEDED = "filing_needed", "{region}规定{place}的{care}须先备案，请先办理异地就医备案，备案后可以直接结算"
    RULE_UNKNOWN = "rule_unknown", "{region}的{what}未收录，无法计算；请以参保地医保经办机构答复为准"
    FACT_MISSING = "fact_missing", "计算需要{what}，请补充后重试"
    NOTICE_NOT_ACCEPTED = "notice_not_accepted", "请先阅读并同意告知书"
    COMMITMENT_NOT_SIGNED = "commitment_not_signed", "请先签署个人承诺书"
    SIGNATURE_INVALID = "signature_invalid", "签名不能使用：{what}"
    PAPER_INVALID = "paper_invalid", "材料不能使用：{what}"
    PAPERS_MISSING = "papers_missing", "缺少：{what}"
    COMMITMENT_BARRED = "commitment_barred", "您目前不能用承诺方式在网上办理，请带材料到医保经办窗口办理"
    WAY_NOT_OFFERED = "way_not_offered", "{region}不接受通过{channel}办理绑定，请换其他渠道"
    NOT_REAL_NAME = "not_real_name", "请先完成实名认证"
    SELF_BINDING = "self_binding", "不能与本人绑定家庭共济，本人的账户可以直接使用"
    AUTHORISER_NOT_EMPLOYEE = (
        "authoriser_not_employee",
        "授权人参加的是{scheme}，没有职工医保个人账户，不能授权；请由职工医保参保人办理",
    )
    AUTHORISER_NOT_INSURED = "authoriser_not_insured", "授权人当前{state}，须正常参加职工医保才能授权"
    USER_NOT_INSURED = "user_not_insured", "被共济人未参加基本医保（{state}），请先参加职工医保或居民医保"
    SHARING_NOT_OPEN = "sharing_not_open", "{region}在 {on} 尚未开通家庭共济"
    RELATION_NOT_ALLOWED = (
        "relation_not_allowed",
        "{relation}不在可绑定的亲属范围内，{region}可绑定：{allowed}",
    )
    OUT_OF_REACH = "out_of_reach", "授权人参保地（{mine}）与使用人参保地（{theirs}）不在{reach}共济范围内"
    ACROSS_NOT_OPEN = (
        "across_not_open",
        "{closed}，授权人参保地（{mine}）与使用人参保地（{theirs}）之间不能共济",
    )
    ALREADY_BOUND = "already_bound", "双方已有生效或待确认的绑定，无需重复办理"
    TOO_MANY_USERS = "too_many_users", "{region}规定一位授权人最多绑定 {limit} 位使用人"
    TOO_MANY_AUTHORISERS = "too_many_authorisers", "{region}规定一位使用人最多接受 {limit} 位授权人"
    LONG_TERM_NOT_OFFERED = (
        "long_term_not_offered",
        "{region}规定长期关联只在职工医保参保人之间办理，可以改办临时关联（只用一次）",
    )
    SINGLE_USE_NOT_OFFERED = "single_use_not_offered", "{region}不办理临时关联，请办理长期关联"
    BOUND_TOO_OFTEN = (
        "bound_too_often",
        "您与对方在 {days} 天内已绑定过 {times} 次，暂不能再次绑定，请到医保经办窗口办理",
    )
    MODE_NOT_OFFERED = "mode_not_offered", "当地不办理{asked}，可选：{allowed}"
    SELF_TRANSFER = "self_transfer", "不能向本人的医保钱包转账"
    SENDER_NOT_INSURED = "sender_not_insured", "您当前{state}，须正常参加基本医保才能转账"
    RECEIVER_NOT_INSURED = "receiver_not_insured", "对方没有正常参加基本医保，不能接收医保钱包转账"
    NO_ACCOUNT_TO_SEND = "no_account_to_send", "您参加的是{scheme}，没有职工医保个人账户，不能从个人账户转出"
    WALLET_NOT_OPEN = "wallet_not_open", "{region}在 {on} 没有开通医保钱包或未收录，双方参保地都开通才能转账"
    RECEIVER_NOT_KIN = (
        "receiver_not_kin",
        "只能转给近亲属，{relation}不在{region}的范围内，可以转给：{allowed}",
    )
    WALLET_NOT_PASSED_ON = "wallet_not_passed_on", "{region}{what}，请从个人账户转出"
    TRANSFER_AT_NIGHT = "transfer_at_night", "每天 {since} 至次日 {until} 不办理转账，请在其他时间办理"
    TOO_MANY_TRANSFERS = "too_many_transfers", "每天最多转账 {limit} 笔，请明天再办理"
    TRANSFER_TOO_LARGE = "transfer_too_large", "每笔最多转 {limit} 元，请分次办理"
    TRANSFER_UNKNOWN = "transfer_unknown", "未找到这笔医保钱包转账"
    TRANSFER_DECIDED = "transfer_decided", "这笔转账{state}，不能再办理"
    FAMILY_ACCOUNT_MISSING = "family_account_missing", "您没有使用家庭共济账户的绑定，请先绑定一位家人"
    MOVE_BACK_CLOSED = "move_back_closed", "{region}{what}，全部解除绑定后自动转回"
    ORDER_NOT_CHOSEN = "order_not_chosen", "{region}{order}，不能自选顺序"
    ORDER_INCOMPLETE = "order_incomplete", "请把现有的每条绑定排一次，不多不少"
    AMOUNT_INVALID = "amount_invalid", "金额不合规：{what}"
    BALANCE_SHORT = "balance_short", "可用余额 {available} 元，不足 {asked} 元"
    LIMIT_INVALID = "limit_invalid", "限额不合规：{what}"
    PERIOD_INVALID = "period_invalid", "共济起止日期不合规：{what}"
    PURPOSE_NOT_OPEN = "purpose_not_open", "本地区暂不支持{what}（{region}：{rule}）"
    PREMIUM_NOT_FOR = "premium_not_for", "{premium}不能为这位参保人缴纳：{why}"
    PREMIUM_YEAR_CLOSED = "premium_year_closed", "现在可以缴的是 {years} 年度，请改选年度"
    PRODUCT_UNKNOWN = (
        "product_unknown",
        "不是{region}指定的商业健康保险产品，个人账户不能购买其他保险；当地指定：{products}",
    )
    PREMIUM_NOT_COLLECTED = (
        "premium_not_collected",
        "{premium}现在不在缴费期内（{period}），请在缴费期内办理，或咨询参保地医保经办机构",
    )
    PREMIUM_ALREADY_PAID = "premium_already_paid", "该年度已缴：{premium}（缴费编号 {payment}），无需重复缴费"
    PREMIUM_AMOUNT = "premium_amount", "{premium}应缴 {due} 元，与确认的 {shown} 元不同，请重新确认后缴费"
    PREMIUM_NOT_BOUND = "premium_not_bound", "您与这位参保人没有生效的家庭共济绑定，不能代缴；请先绑定"
    PREMIUM_SHORT = "premium_short", "{premium} {amount} 元要一次缴清，{why}，没有扣款"
    PREMIUM_UNKNOWN = "premium_unknown", "未找到这笔缴费，请核对缴费编号"
    PREMIUM_ALREADY_REFUNDED = "premium_already_refunded", "这笔缴费已经退还，无需重复办理"
    PREMIUM_NOT_REFUNDABLE = "premium_not_refundable", "这笔缴费不能在这里退还：{why}"
    BINDING_UNKNOWN = "binding_unknown", "未找到这条家庭共济绑定"
    BINDING_ENDED = "binding_ended", "这条绑定已解除，无需重复办理"
    BINDING_STATE = "binding_state", "这条绑定{state}，不能{act}"
    GUARDIAN_NEEDED = "guardian_needed", "使用人未满 {age} 周岁，由监护人（{who}）确认"
    ACCOUNT_STATE = "account_state", "这个人的账户{state}，不能{act}"
    REASON_MISSING = "reason_missing", "请写明原因"
    LIFE_EVENT_INVALID = "life_event_invalid", "不能登记：{what}"
    LIFE_EVENT_KNOWN = "life_event_known", "已登记过{what}（{on}），与这次不同；请核对后按差错更正办理"
    INCIDENT_UNKNOWN = "incident_unknown", "未找到这条线索，请核对编号"
    INCIDENT_CLOSED = "incident_closed", "这条线索已处理（{state}），不能再次处理"
    ROLE_MISSING = "role_missing", "您的岗位不能办理这项业务，需要：{roles}"
    ELSEWHERE = "elsewhere", "不在您负责的参保地，请由参保地经办人员办理"
    STAFF_UNKNOWN = "staff_unknown", "没有这个工号，或已停用"
    CODE_ACCOUNT_UNKNOWN = "code_account_unknown", "没有找到这个亲情账户，或者它已经解除"
    CODE_ACCOUNT_EXISTS = "code_account_exists", "已经添加过这位家人，无需重复办理"
    CODE_ACCOUNT_WAITS = (
        "code_account_waits",
        "{who}还没有同意由您出示医保码，请本人登录后在“医保码”里同意，或带身份证到窗口办理",
    )
    GUARDIAN_ONLY = "guardian_only", "未满 18 周岁的家人由父母添加，请选择“子女”并勾选监护承诺"
    NOT_YOURS = "not_yours", "只能办理本人的业务"
    SCOPE_MISSING = "scope_missing", "本人没有授权这个渠道“{scope}”，请让本人重新授权后再试"
    CARD_MISMATCH = "card_mismatch", "社保卡号与您的参保记录不一致，请核对卡面上的号码"
    CHANNEL_UNKNOWN = "channel_unknown", "没有找到这条授权，或者它已经停止"
    SESSION_UNKNOWN = "session_unknown", "没有找到这台设备的登录，可能已经退出"
    TOO_MANY_REQUESTS = "too_many_requests", "操作太频繁，请 {seconds} 秒后再试"
    LOGIN_LOCKED = "login_locked", "登录失败次数过多，请 10 分钟后再试"
    LOGIN_FAILED = "login_failed", "证件号码或密码不正确，请核对后重试"
    CODE_WRONG = "code_wrong", "验证码不正确或已过期，请重新获取后再试"
    CODES_NOT_OPEN = "codes_not_open", "短信验证码尚未开通，请用密码登录；忘记密码请带身份证到医保经办窗口办理"
    PASSWORD_WEAK = "password_weak", "{what}，请换一个密码"
    PASSWORD_CHANGE_NEEDED = "password_change_needed", "现在的密码是发放的初始密码，请先修改密码"
    STAFF_EXISTS = "staff_exists", "工号 {login} 已经存在，请换一个工号"
    CLIENT_INVALID = "client_invalid", "第三方渠道的登记信息不合规：{what}"
    BUSY = "busy", "系统繁忙，请稍后用原报文号重试"


_RANK = {code: rank for rank, code in enumerate(Code)}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A business answer of "no": nothing was posted.

    Attributes:
        code: the reason.
        facts: the values the text names; never a certificate number or a name.
        field: the key of the input at fault, in the caller's own words, or None.
    """

    code: Code
    facts: dict[str, str] = {}
    field: str | None = None

    @property
    def text(self) -> str:
        """What happened and what to do next, in Chinese."""
        return self.code.text.format_map(self.facts)


def refuse(code: Code, *, field: str | None = None, **facts: str) -> Refusal:
    """Make a refusal with the facts its text names."""
    return Refusal(code=code, facts=facts, field=field)


def foremost(refusals: list[Refusal]) -> Refusal:
    """The refusal that is answered when several hold."""
    return min(refusals, key=lambda refusal: _RANK[refusal.code])
