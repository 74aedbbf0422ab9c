"""What is told about a stay in hospital, as it is kept: without what was shown at the counter (住院信息)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.call import Call
from gongji.channels.nhsa.claims import claimed_of
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.lines import stated
from gongji.core.refusal import Refusal
from gongji.service.commands import Claimed
from gongji.service.visits import Registration

_NOT_KEPT: Final = frozenset({"mdtrt_id", "psn_no", "mdtrt_cert_no", "card_sn", "cert_type", "certno"})


def kept(row: Record) -> dict[str, Any]:
    """What is told about a stay, without numbers that identify the patient."""
    return stated({name: value for name, value in row.items() if name not in _NOT_KEPT})


def admission(call: Call, node: str, number: str) -> Registration | Refusal:
    """The registration that 2401 makes and 2403 changes.

    Args:
        call: the message.
        node: name of the node that tells about the stay.
        number: name of its field with the institution's own number.
    """
    row = call.values.node(node)
    care = codes.stay_of(row["med_type"])
    if isinstance(care, Refusal):
        return care
    # 2403 repeats how the patient identified himself, not with what.
    claimed = claimed_of(row) if "mdtrt_cert_no" in row else None
    if isinstance(claimed, Refusal):
        return claimed
    diagnoses = [kept(one) for one in call.values.rows("diseinfo")]
    return Registration(
        person_no=row["psn_no"],
        claimed=claimed or Claimed(),
        number=row[number],
        on=row["begntime"].date(),
        care=care,
        details={"mdtrtinfo": kept(row), "diseinfo": diagnoses},
    )


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What was told before with what is told now; a diagnosis replaces the one of the same place (诊断排序号)."""
    return {
        "mdtrtinfo": (old.get("mdtrtinfo") or {}) | new["mdtrtinfo"],
        "diseinfo": _diagnoses(old.get("diseinfo") or [], new["diseinfo"]),
    }


def _diagnoses(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    by_place = {str(one.get("diag_srt_no")): one for one in old}
    by_place |= {str(one.get("diag_srt_no")): one for one in new}
    return list(by_place.values())
