"""What a message states about the patient (就诊凭证与人员信息), in the words of the services."""

from gongji.channels.nhsa.codes import MDTRT_CERT_TYPE, scheme_of
from gongji.channels.nhsa.fields import Record
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Claimed, Credential


def credential_of(row: Record) -> Credential | Refusal:
    """What was shown at the counter; the e-voucher (01) is not read yet."""
    kind = MDTRT_CERT_TYPE.get(row["mdtrt_cert_type"])
    if kind is None:
        return refuse(Code.CREDENTIAL_UNKNOWN, field="mdtrt_cert_type")
    number: str = row["mdtrt_cert_no"]
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
