"""Bills over REST, each as far as one may see it (结算记录)."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from gongji.channels.rest import values
from gongji.channels.rest.callers import Caller, open_to
from gongji.channels.rest.paging import Cursor, Limit, page, position
from gongji.channels.rest.problems import RefusedError
from gongji.core.money import format_yuan
from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.scopes import Scope
from gongji.service.people import institution_names
from gongji.service.platform import Platform
from gongji.service.records import SettlementKey, paid_by, settlement_key, settlement_view, settlements_of

TAGS = ["账户与结算"]


@get("/me/settlements", tags=TAGS, **open_to(Scope.SETTLEMENTS_READ))
async def my_settlements(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response[list[values.SettlementLine]]:
    """Bills of one's own and their reversals, newest first."""
    before = position(cursor, SettlementKey)
    found = await settlements_of(platform, caller.person_no, limit + 1, before)
    places = await institution_names(platform, list({s.institution for s in found}))
    return page(request, found, limit, lambda one: _line(one, places), settlement_key)


def _line(settlement: Settlement, places: dict[str, str]) -> values.SettlementLine:
    split, sign = settlement.split, settlement.sign
    return values.SettlementLine(
        id=settlement.id,
        at=settlement.settled_at,
        institution=places.get(settlement.institution, settlement.institution),
        care=settlement.care.value,
        total=format_yuan(sign * split.total),
        fund=format_yuan(sign * split.fund),
        own=format_yuan(sign * split.own_total),
        shared=format_yuan(sign * split.shared_total),
        cash=format_yuan(sign * split.cash),
        reverses=settlement.reverses,
    )


@get("/settlements/{settlement_id:str}", tags=TAGS, **open_to(Scope.SETTLEMENTS_READ))
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
