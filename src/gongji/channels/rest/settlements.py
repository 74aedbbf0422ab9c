"""Bills over REST, each as far as one may see it (结算记录)."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from gongji.channels.rest import values
from gongji.channels.rest.callers import Caller
from gongji.channels.rest.problems import RefusedError
from gongji.core.money import format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.people import institution_names
from gongji.service.platform import Platform
from gongji.service.records import paid_by, settlement_view, settlements_of


@get("/me/settlements")
async def my_settlements(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller]
) -> list[values.SettlementLine]:
    """Bills of one's own and their reversals, newest first."""
    found = await settlements_of(platform, caller.person_no)
    places = await institution_names(platform, list({s.institution for s in found}))
    return [
        values.SettlementLine(
            id=s.id,
            at=s.settled_at,
            institution=places.get(s.institution, s.institution),
            care=s.care.value,
            total=format_yuan(s.sign * s.split.total),
            fund=format_yuan(s.sign * s.split.fund),
            own=format_yuan(s.sign * s.split.own_total),
            shared=format_yuan(s.sign * s.split.shared_total),
            cash=format_yuan(s.sign * s.split.cash),
            reverses=s.reverses,
        )
        for s in found
    ]


@get("/settlements/{settlement_id:str}")
async def settlement(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], settlement_id: FromPath[str]
) -> values.SettlementOut:
    """A settlement: whole for the patient, his own part for a relative who paid, unknown to anybody else."""
    view = await settlement_view(platform, settlement_id)
    if isinstance(view, Refusal):
        raise RefusedError(view)
    if view.patient.person_no == caller.person_no:
        return values.patient_view(view)
    part = paid_by(view, caller.person_no)
    if part == 0:
        raise RefusedError(refuse(Code.SETTLEMENT_UNKNOWN, settlement=settlement_id))
    return values.part_view(view, part)
