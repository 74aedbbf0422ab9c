"""Where practice departs from the tables of the specification, as data: one entry, one reason.

``tables.json`` is the Hunan edition. Clients of other provinces send less, and the wire has names that the document
lacks. Every such exception stands here and nowhere else.
"""

from typing import Final

REQUIRED_INSTEAD: Final[dict[tuple[str, str], frozenset[str]]] = {
    # Zhejiang sends only the voucher and is served; with an e-voucher, name and ID number are empty everywhere.
    ("1101", "data"): frozenset({"mdtrt_cert_type", "mdtrt_cert_no"}),
    # 21xx carries no marks of other provinces at all; this is what a settlement cannot do without.
    **{
        (infno, "druginfo"): frozenset(
            {
                "psn_no",
                "mdtrt_cert_type",
                "mdtrt_cert_no",
                "begntime",
                "medfee_sumamt",
                "insutype",
                "acct_used_flag",
                "med_type",
            }
        )
        for infno in ("2101", "2102")
    },
    **{
        (infno, "drugdetail"): frozenset(
            {"feedetl_sn", "fee_ocur_time", "med_list_codg", "det_item_fee_sumamt", "cnt", "pric"}
        )
        for infno in ("2101", "2102")
    },
    ("2103", "data"): frozenset({"setl_id", "mdtrt_id", "psn_no"}),
    # Neither of the other provinces' clients has these; the work cannot be done without what stands here.
    ("2306", "data"): frozenset({"mdtrt_id", "bkkp_sn", "psn_no", "med_list_codg"}),
    ("2406", "data"): frozenset({"mdtrt_id", "psn_no", "ipt_psn_sp_flag_type", "ipt_psn_sp_flag"}),
    ("2407", "data"): frozenset(),
    ("2507", "data"): frozenset({"psn_no", "begndate"}),
    ("3103", "data"): frozenset({"warn_type", "warns"}),
    ("3103", "warns"): frozenset({"warn_rslt_id", "dspo_way"}),
    # The second flag of refunds is of one edition; its meaning is that of refd_setl_flag, which is optional there.
    ("3201", "data"): frozenset(
        {
            "insutype",
            "clr_type",
            "setl_optins",
            "stmt_begndate",
            "stmt_enddate",
            "medfee_sumamt",
            "fund_pay_sumamt",
            "acct_pay",
            "fixmedins_setl_cnt",
        }
    ),
    # The clearing type is of that edition too: without it every kind of care is meant.
    ("3202", "data"): frozenset({"setl_optins", "file_qury_no", "stmt_begndate", "stmt_enddate", "fixmedins_setl_cnt"}),
    ("3401A", "deptinfo"): frozenset({"hosp_dept_codg", "caty", "hosp_dept_name", "begntime"}),
    ("4261", "data"): frozenset({"fmiOwnpayPatnMdtrtDDTO", "fmiOwnpayPatnFeeListDDTO"}),
    ("4261", "fmiOwnpayPatnMdtrtDDTO"): frozenset({"mdtrtId", "certno", "psnName", "begntime"}),
    ("4261", "fmiOwnpayPatnDiseListDDTOS"): frozenset({"diagCode", "diagName"}),
    ("4261", "fmiOwnpayPatnFeeListDDTO"): frozenset({"bkkpSn", "feeOcurTime", "cnt", "pric", "detItemFeeSumamt"}),
    ("4262", "data"): frozenset({"mdtrtId", "totalFeeSumamt"}),
    ("4263", "data"): frozenset(),
    # Operator and department are for the national platform's statistics; who is at the counter follows from the code.
    ("6101", "InData"): frozenset(),
    # Who lost the answer has neither id: he names his own message instead (medins_setl_id).
    ("5203", "data"): frozenset({"psn_no"}),
    ("100001", "data"): frozenset({"psn_No", "setl_Id", "mdtrt_Id"}),
    # One of name and code is enough, and clients that send the code leave the kind out.
    ("1201", "medinsinfo"): frozenset(),
    # Only the Hunan document has these; what stands here is what an order cannot do without.
    ("6201", "data"): frozenset(
        {
            "psnNo",
            "insutype",
            "medOrgOrd",
            "begntime",
            "ecToken",
            "iptOtpNo",
            "chrgBchno",
            "medType",
            "medfeeSumamt",
            "acctUsedFlag",
            "feedetailList",
        }
    ),
    ("6201", "feedetailList"): frozenset({"feedetlSn", "medListCodg", "detItemFeeSumamt", "cnt", "pric"}),
    ("6201", "diseinfoList"): frozenset(),
    ("6202", "data"): frozenset({"payOrdId", "payToken"}),
    ("6203", "data"): frozenset({"payOrdId", "appRefdSn", "totlRefdAmt", "cashRefdAmt", "ecToken", "refdType"}),
    ("6204", "data"): frozenset({"payOrdId", "medOrgOrd", "feeSumamt", "ownPayAmt", "psnAcctPay", "fundPay"}),
    ("6301", "data"): frozenset({"payOrdId", "payToken"}),
    ("6401", "data"): frozenset({"payOrdId", "payToken"}),
    # A whole file stands beside the message in the form; some clients send its bytes inside.
    ("9101", "fsUploadIn"): frozenset({"filename"}),
    ("9102", "fsDownloadIn"): frozenset({"file_qury_no"}),
}
"""(transaction, input node) -> the fields that are demanded, in place of those the table marks."""

NEVER_REQUIRED: Final = frozenset({"rx_circ_flag", "hosp_appr_flag", "medins_list_codg"})
"""Marked mandatory, but left empty by clients that are served: absent means "no", "not reviewed", "not compared"."""

NOT_REQUIRED: Final[dict[tuple[str, str], frozenset[str]]] = {
    # Names a special disease (慢特病); an ordinary visit has none, and 2203A does not demand it.
    ("2203", "mdtrtinfo"): frozenset({"dise_codg", "dise_name"}),
    # The parts of the bill repeat what 2206 answered: they are checked where they are sent.
    ("2207", "data"): frozenset({"fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"}),
}
"""(transaction, input node) -> further fields that may be missing."""

LENGTHS: Final[dict[tuple[str, str, str], int]] = {
    # The original may be "2207A" or "100001"; the document still says four characters.
    ("2601", "data", "oinfno"): 6,
    # A western drug's code has 23 characters; the document gives 20 here and 50 elsewhere.
    ("3101", "fsi_order_dtos", "hilist_code"): 50,
    ("3102", "fsi_order_dtos", "hilist_code"): 50,
    # Clients of the south-west write two digits ("01").
    **dict.fromkeys(
        (
            (infno, node, "acct_used_flag")
            for infno, node in (
                ("2101", "druginfo"),
                ("2102", "druginfo"),
                ("2206", "data"),
                ("2207", "data"),
                ("2303", "data"),
                ("2304", "data"),
            )
        ),
        2,
    ),
}
"""(transaction, input node, field) -> characters accepted instead of the table's."""

ECHOED_FROM: Final = ("1101", ("baseinfo", "insuinfo"))
"""Institutions send back what 1101 gave them: a field of that name may be as long as it is there (a name of 50
characters in 1101 must not be refused in 2201, whose own table says 20)."""

SIGNED: Final = frozenset({"2301", "3201", "3202", "3203"})
"""Transactions whose amounts may be negative: a line of a stay that takes something from an earlier one, a period with
more reversals than settlements."""

ONLY_FIRST_NODE_REQUIRED: Final = frozenset("347")
"""First digits of the transactions that are records with optional parts (no operation, no intensive care ...); the
tables mark fields inside a part, never the part itself."""

RENAMED_INPUT_NODES: Final[dict[tuple[str, str], str]] = {
    # The document prints a Chinese title where the wire needs a name.
    ("4261", "明细信息"): "data",
    ("4261", "fmiOwnpayPatnMdtrtDDTO  自费病人就诊信息"): "fmiOwnpayPatnMdtrtDDTO",
    ("4261", "fmiOwnpayPatnDiseListDDTOS 自费病人诊断信息"): "fmiOwnpayPatnDiseListDDTOS",
    ("4261", "fmiOwnpayPatnFeeListDDTO 自费病人费用明细信息"): "fmiOwnpayPatnFeeListDDTO",
    ("4262", "输入"): "data",
    ("4263", "输入"): "data",
    # Printed with the path to it; it hangs below the field of its own name.
    ("3101", "fsi_order_dtos[].extend_order_map"): "extend_order_map",
    ("3102", "fsi_order_dtos[].extend_order_map"): "extend_order_map",
}
"""(transaction, input node in the table) -> its name on the wire."""

EMPTY_INPUT_NODES: Final = frozenset({("5101", "data")})
"""(transaction, input node) under which the document prints the envelope once more; the question has no fields."""

LIST_NODES: Final = frozenset(
    {
        # The batch upload has the same table as the single one; a visit has many diagnoses and many lines.
        ("3401A", "deptinfo"),
        ("4261", "fmiOwnpayPatnDiseListDDTOS"),
        ("4261", "fmiOwnpayPatnFeeListDDTO"),
        ("3103", "warns"),
    }
)
"""(transaction, input node) that the table calls one object, and that are lists."""

RETYPED: Final[dict[tuple[str, str, str], str]] = {
    # Clients of the north send letters in it, and 2302 has it as a text.
    ("2301", "feedetail", "feedetl_sn"): "s(30)",
    # An amount printed as a text, here and in no other settlement.
    ("2305", "setlinfo", "hifdm_pay"): "n(16,2)",
    # A name printed as a time.
    ("4261", "fmiOwnpayPatnMdtrtDDTO", "conerName"): "s(50)",
    # Amounts and shares printed as plain digits.
    **{("100001", "(node not named)", name): "n(16,2)" for name in ("selfPayAmt", "fundPayAmt", "polItemPaySum")},
    **{("100001", "(node not named)", name): "n(5,4)" for name in ("selfPayProp", "fundPayProp")},
}
"""(transaction, node, field) -> the type it has instead of the table's."""

UNWRAPPED: Final = frozenset({"4261", "4262", "4263", "100001", "5101"})
"""Transactions whose only node some clients leave out: its fields then stand in the input itself."""

RENAMED_OUTPUT_NODES: Final[dict[tuple[str, str], str]] = {
    # Captured replies and three independent clients have signoutoutb.
    ("9002", "sign_time"): "signoutoutb",
}
"""(transaction, output node in the table) -> its name on the wire."""

ADDED_INPUT_FIELDS: Final[dict[tuple[str, str], tuple[tuple[str, str, str, int, int, str], ...]]] = {
    # The document's program library scans the code itself; over the network it must be sent, as in 1162.
    ("6101", "InData"): (("ecQrCode", "医保码二维码码值", "s(50)", 0, 0, ""),),
}
"""(transaction, input node) -> further fields, in the form of ``tables.json``."""

ADDED_OUTPUT_FIELDS: Final[dict[tuple[str, str], dict[str, str]]] = {
    # The document misspells it pdn_cash_pay, the wire has psn_cash_pay; clients of both kinds exist, so both are sent.
    ("2208", "setlinfo"): {"psn_cash_pay": "pdn_cash_pay"},
}
"""(transaction, output node on the wire) -> added field -> the listed field it is like."""

ALIASES: Final = {"2206A": "2206", "2207A": "2207", "9999": "1162"}
"""Codes that other provinces send for a plain transaction: Zhejiang's with a letter, whose messages are the national
core of the plain ones, and a client's own code for reading an e-voucher (Inner Mongolia)."""


def plain(infno: str) -> str:
    """The transaction a code stands for."""
    return ALIASES.get(infno, infno)
