"""Preview settlements: the same reading and deciding on one snapshot, with nothing locked or written (预结算)."""

from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.collector import FullError
from gongji.service.commands import Done, Settle
from gongji.service.messages import note_refusal
from gongji.service.platform import Platform


async def presettle(platform: Platform, command: Settle) -> Settlement | Refusal:
    """What ``command`` would settle if it were sent now; the settlement has no id."""
    outcome = await preview(platform, command)
    return outcome if isinstance(outcome, Refusal) else outcome.settlement


async def preview(platform: Platform, command: Settle) -> Done | Refusal:
    """The same as :func:`presettle`, with the patient as the decision saw him."""
    try:
        outcome = await platform.previews.submit(command)
    except FullError:
        return refuse(Code.BUSY)
    if isinstance(outcome, Refusal):
        await note_refusal(platform, command.sender, command.person_no, outcome, command.claimed, command.total)
    return outcome
