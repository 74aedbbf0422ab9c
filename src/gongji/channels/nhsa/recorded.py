"""A recorded pair in words (通信记录说明): both messages explained, and as they came, with persons hidden."""

from gongji.channels.nhsa.captured import Captured, NotAMessageError, messages
from gongji.channels.nhsa.explain import explain
from gongji.channels.nhsa.masking import masked_text
from gongji.channels.nhsa.registry import table_of
from gongji.service.explained import PairInWords
from gongji.service.recordings import Bodies, Recording

_TOO_LONG = "过长，没有保存原文"
_NO_ANSWER = "没有应答"


def pair_in_words(recording: Recording, bodies: Bodies) -> PairInWords:
    """Explain a request and its answer. Never raises, whatever the bytes are."""
    unread: list[str] = []
    request = _read("请求", bodies.request, unread)
    answer = _read("应答", bodies.answer, unread) if bodies.answer != b"" else []
    if bodies.answer == b"":
        unread.append(_NO_ANSWER)
    table = table_of(recording.transaction)
    return PairInWords(
        messages=tuple(explain([*request, *answer], recording.transaction)),
        unread=tuple(unread),
        request_text="\n".join(masked_text(one.content, table) for one in request),
        answer_text="\n".join(masked_text(one.content, table) for one in answer),
    )


def _read(which: str, body: bytes | None, unread: list[str]) -> list[Captured]:
    if body is None:
        unread.append(f"{which}{_TOO_LONG}")
        return []
    try:
        return messages(body)[:1]
    except NotAMessageError as fault:
        unread.append(f"{which}读不懂：{fault}")
        return []
