"""The vendor's tools of a sandbox for programs: recordings, replay, faults, reset (沙箱工作台)."""

from typing import Annotated, Any

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta

from gongji.channels.rest.callers import public
from gongji.channels.rest.problems import RefusedError
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.explained import PairInWords
from gongji.service.faults import (
    LONGEST_MILLISECONDS,
    MOST_TIMES,
    Fault,
    FaultKind,
    SetFault,
    drop_fault,
    put_fault,
    set_faults,
)
from gongji.service.platform import Platform
from gongji.service.recordings import MOST_LISTED, Recording, RecordingPage, Wanted, recording, recordings
from gongji.service.workbench import Workbench

TAGS = ["沙箱"]

Text = Annotated[str | None, QueryParameter(max_length=30)]


class RecordedPair(msgspec.Struct, frozen=True, kw_only=True):
    """A pair with both messages in words; what concerns a person is hidden."""

    recording: Recording
    words: PairInWords


class ReplayIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a request is sent again."""

    renewed: Annotated[bool, Meta(description="换新报文号，是一笔新业务；否则原样重发")] = False


class FaultIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong for an institution's next messages."""

    kind: FaultKind
    milliseconds: Annotated[int, Meta(ge=0, le=LONGEST_MILLISECONDS, description="只用于 slow 和 timeout")] | None = (
        None
    )
    transaction: Annotated[str, Meta(max_length=6, pattern="^[0-9A-Za-z]*$", description="空为全部交易")] = ""
    times: Annotated[int, Meta(ge=1, le=MOST_TIMES, description="不写为直到停止")] | None = None


class ResetIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That it is meant."""

    forget_everything: Annotated[bool, Meta(description="必须是 true：全部业务数据清空")]


def _only_sandbox(workbench: Workbench | None) -> Workbench:
    if workbench is None:
        raise NotFoundException
    return workbench


@get("/sandbox/recordings", tags=TAGS, **public())
async def list_recordings(
    platform: NamedDependency[Platform],
    workbench: NamedDependency[Workbench | None],
    institution: Text = None,
    transaction: Text = None,
    outcome: Text = None,
    message_id: Text = None,
    before: Annotated[int | None, QueryParameter(ge=1, le=2**62)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_LISTED)] = 50,
) -> RecordingPage:
    """What the gateway received and answered lately, newest first."""
    _only_sandbox(workbench)
    asked = {"institution": institution, "transaction": transaction, "outcome": outcome, "message_id": message_id}
    wanted = Wanted(**{name: text.replace("\x00", "") if text else None for name, text in asked.items()})
    return await recordings(platform, wanted, before, limit)


@get("/sandbox/recordings/{number:int}", tags=TAGS, **public())
async def one_recording(
    platform: NamedDependency[Platform], workbench: NamedDependency[Workbench | None], number: FromPath[int]
) -> RecordedPair:
    """One pair in words."""
    tools = _only_sandbox(workbench)
    found = await recording(platform, number)
    if found is None:
        raise NotFoundException
    return RecordedPair(recording=found[0], words=tools.explain(*found))


@post("/sandbox/recordings/{number:int}/replay", tags=TAGS, status_code=HTTP_200_OK, **public(writes=True))
async def replay_recording(
    platform: NamedDependency[Platform],
    workbench: NamedDependency[Workbench | None],
    number: FromPath[int],
    data: JSONBody[ReplayIn],
) -> RecordedPair:
    """Send a recorded request again; the answer is the new pair."""
    tools = _only_sandbox(workbench)
    if await recording(platform, number) is None:
        raise NotFoundException
    made = await tools.replay(number, renewed=data.renewed)
    if isinstance(made, Refusal):
        raise RefusedError(made)
    found = await recording(platform, made) if made else None
    if found is None:
        raise RefusedError(refuse(Code.RECORD_UNKNOWN, what="重发的通信记录（报文已重发，但没有开启记录）"))
    return RecordedPair(recording=found[0], words=tools.explain(*found))


@get("/sandbox/faults", tags=TAGS, **public())
async def list_faults(
    platform: NamedDependency[Platform], workbench: NamedDependency[Workbench | None]
) -> list[SetFault]:
    """What is set to go wrong, by institution."""
    _only_sandbox(workbench)
    return await set_faults(platform)


@put("/sandbox/faults/{institution:str}", tags=TAGS, **public(writes=True))
async def set_fault(
    platform: NamedDependency[Platform],
    workbench: NamedDependency[Workbench | None],
    institution: FromPath[str],
    data: JSONBody[FaultIn],
) -> list[SetFault]:
    """Let an institution's next messages fail; replaces what was set before."""
    _only_sandbox(workbench)
    kind = data.kind
    milliseconds = kind.default if data.milliseconds is None or not kind.default else data.milliseconds
    refused = await put_fault(
        platform, institution.replace("\x00", ""), Fault(kind, milliseconds), data.transaction, data.times
    )
    if refused:
        raise RefusedError(refused)
    return await set_faults(platform)


@delete("/sandbox/faults/{institution:str}", tags=TAGS, status_code=HTTP_200_OK, **public(writes=True))
async def end_fault(
    platform: NamedDependency[Platform], workbench: NamedDependency[Workbench | None], institution: FromPath[str]
) -> list[SetFault]:
    """End what is set for an institution."""
    _only_sandbox(workbench)
    await drop_fault(platform, institution.replace("\x00", ""))
    return await set_faults(platform)


@post("/sandbox/reset", tags=TAGS, status_code=HTTP_200_OK, **public(writes=True))
async def reset_city(workbench: NamedDependency[Workbench | None], data: JSONBody[ResetIn]) -> dict[str, Any]:
    """Build the demo city anew; everything that happened in this sandbox is forgotten."""
    tools = _only_sandbox(workbench)
    if not data.forget_everything:
        what = "重置会清空全部业务数据，请写 forget_everything: true"
        raise RefusedError(refuse(Code.INPUT_INVALID, field="forget_everything", what=what))
    refused = await tools.reset()
    if refused:
        raise RefusedError(refused)
    return {"state": "rebuilt"}
