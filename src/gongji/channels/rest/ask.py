"""Questions about sharing over REST: no sign-in, nothing about anybody (共济问答)."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from gongji.channels.rest.callers import public
from gongji.channels.rest.problems import invalid
from gongji.service.ask import Asked, NotUnderstoodError, answer_question
from gongji.service.ask_answer import AnswerOut
from gongji.service.platform import Platform

LONGEST = 100


@get("/ask", tags=["问答"], **public())
async def ask(
    *,
    platform: NamedDependency[Platform],
    words: Annotated[str, QueryParameter(max_length=LONGEST, description="简短的问法，例如 西安 岳母 买药")] = "",
    region: Annotated[str, QueryParameter(max_length=LONGEST, description="账户本人的参保地")] = "",
    relation: Annotated[str, QueryParameter(max_length=LONGEST, description="亲属，本人写 self")] = "",
    purpose: Annotated[str, QueryParameter(max_length=LONGEST, description="用途")] = "",
    user_region: Annotated[str, QueryParameter(max_length=LONGEST, description="亲属的参保地")] = "",
    place: Annotated[str, QueryParameter(max_length=LONGEST, description="就医地")] = "",
    date: Annotated[str, QueryParameter(max_length=LONGEST, description="日期，默认今天")] = "",
    scheme: Annotated[str, QueryParameter(max_length=LONGEST, description="账户本人的险种")] = "",
    insurance: Annotated[str, QueryParameter(max_length=LONGEST, description="账户本人的参保状态")] = "",
    user_insurance: Annotated[str, QueryParameter(max_length=LONGEST, description="亲属的参保状态")] = "",
    user_scheme: Annotated[str, QueryParameter(max_length=LONGEST, description="亲属的险种")] = "",
) -> AnswerOut:
    """May this account pay this for this relative: yes, no or not known, with conditions and sources."""
    asked = Asked(
        words=words,
        region=region,
        relation=relation,
        purpose=purpose,
        user_region=user_region,
        place=place,
        date=date,
        scheme=scheme,
        insurance=insurance,
        user_insurance=user_insurance,
        user_scheme=user_scheme,
    )
    try:
        return answer_question(platform.book, asked, platform.clock().date())
    except NotUnderstoodError as fault:
        raise invalid(str(fault), fault.field) from None
