"""What a message states about the patient (就诊凭证与人员信息), in the words of the services."""

from typing import Final

import msgspec

from gongji.channels.nhsa.call import Call
from gongji.channels.nhsa.codes import MDTRT_CERT_TYPE, scheme_of
from gongji.channels.nhsa.fields import Record
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Claimed, Credential
from gongji.service.vouchers import owner_of

VOUCHER: Final = "voucher"
OWNER: Final = "voucher_owner"
"""Key under which a record has the owner of its e-voucher; no table has such a field."""

LOOKS: Final = frozenset({"1101", "2101", "2206", "2303"})
"""Queries and previews: they use no code up."""


async def read_vouchers(call: Call) -> Refusal | None:
    """Find out whose the e-vouchers of a message are, before it is carried out.

    Every input node that has credential type and number is looked at, whatever the transaction.
    """
    for rows in call.values.records.values():
        for row in rows:
            if "mdtrt_cert_no" not in row or MDTRT_CERT_TYPE.get(row.get("mdtrt_cert_type") or "") != VOUCHER:
                continue
            use = call.sender.transaction not in LOOKS
            owner = await owner_of(call.platform, call.sender, row["mdtrt_cert_no"] or "", use=use)
            if isinstance(owner, Refusal):
                return msgspec.structs.replace(owner, field="mdtrt_cert_no")
            row[OWNER] = owner
    return None


def credential_of(row: Record) -> Credential | Refusal:
    """What was shown at the counter; whose an e-voucher (01) is was read before, with the message."""
    kind = MDTRT_CERT_TYPE.get(row["mdtrt_cert_type"])
    if kind is None:
        return refuse(Code.CREDENTIAL_UNKNOWN, field="mdtrt_cert_type")
    number: str | None = row["mdtrt_cert_no"]
    if not number:
        # Not every table demands it.
        return refuse(Code.CREDENTIAL_UNKNOWN, field="mdtrt_cert_no")
    if kind == VOUCHER:
        return Credential(kind=kind, number=number, owner=row[OWNER])
    return Credential(kind=kind, number=number.upper() if kind == "certificate" else number)


def claimed_of(row: Record) -> Claimed | Refusal:
    """Everything stated; certno and psn_name are often empty, and then nothing is claimed by them."""
    credential = credential_of(row)
    if isinstance(credential, Refusal):
        return credential
    scheme = scheme_of(row["insutype"]) if row.get("insutype") else None
    if isinstance(scheme, Refusal):
        return scheme
    return Claimed(
        credential=credential,
        certificate_no=row.get("certno") or "",
        name=row.get("psn_name") or "",
        scheme=scheme,
    )
