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
    # Clients of the south-west write two digits ("01").
    **dict.fromkeys(
        (
            (infno, node, "acct_used_flag")
            for infno, node in (("2101", "druginfo"), ("2102", "druginfo"), ("2206", "data"), ("2207", "data"))
        ),
        2,
    ),
}
"""(transaction, input node, field) -> characters accepted instead of the table's."""

ECHOED_FROM: Final = ("1101", ("baseinfo", "insuinfo"))
"""Institutions send back what 1101 gave them: a field of that name may be as long as it is there (a name of 50
characters in 1101 must not be refused in 2201, whose own table says 20)."""

SIGNED: Final = frozenset({"3201", "3203"})
"""Transactions whose amounts may be negative: a period with more reversals than settlements has negative totals."""

ONLY_FIRST_NODE_REQUIRED: Final = frozenset("347")
"""First digits of the transactions that are records with optional parts (no operation, no intensive care ...); the
tables mark fields inside a part, never the part itself."""

RENAMED_OUTPUT_NODES: Final[dict[tuple[str, str], str]] = {
    # Captured replies and three independent clients have signoutoutb.
    ("9002", "sign_time"): "signoutoutb",
}
"""(transaction, output node in the table) -> its name on the wire."""

ADDED_OUTPUT_FIELDS: Final[dict[tuple[str, str], dict[str, str]]] = {
    # The document misspells it pdn_cash_pay, the wire has psn_cash_pay; clients of both kinds exist, so both are sent.
    ("2208", "setlinfo"): {"psn_cash_pay": "pdn_cash_pay"},
}
"""(transaction, output node on the wire) -> added field -> the listed field it is like."""

ALIASES: Final = {"2203A": "2203", "2206A": "2206", "2207A": "2207"}
"""Codes with a letter that provinces send for the plain transaction (2203A from pharmacies, the others in Zhejiang)."""


def plain(infno: str) -> str:
    """The transaction a code stands for."""
    return ALIASES.get(infno, infno)
