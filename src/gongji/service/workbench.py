"""What a vendor can do in the sandbox besides sending messages (沙箱工作台); the composition root says who does it.

Pages and REST may not import the national channel or the demo city: they are given these functions instead.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from gongji.core.refusal import Refusal
from gongji.service.explained import PairInWords
from gongji.service.recordings import Bodies, Recording


class Replay(Protocol):
    """Sends a recorded request again, to the byte or as a new message; answers with the number of the new recording.

    None when the recorder is off.
    """

    def __call__(self, number: int, *, renewed: bool) -> Awaitable[int | Refusal | None]:
        """Send it."""


class Workbench(msgspec.Struct, frozen=True, kw_only=True):
    """The functions of a sandbox.

    Attributes:
        title: name of a transaction; empty for an unknown code.
        explain: a recorded pair in words.
        replay: send a recorded request again.
        reset: build the demo city anew; a refusal says why not.
    """

    title: Callable[[str], str]
    explain: Callable[[Recording, Bodies], PairInWords]
    replay: Replay
    reset: Callable[[], Awaitable[Refusal | None]]
