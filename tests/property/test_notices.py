"""Whatever is known of an event, a notice holds nothing that its reader may not see."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from gongji.core.notices import WORDS, Kind, Side, named_facts, text_of, told_of
from gongji.core.times import CHINA

NAMES = sorted({name for kind in Kind for side in WORDS[kind] for name in named_facts(kind, side)} - {"when", "place"})
SECRETS = ("balance", "certificate_no", "phone", "limit_total")
FOR_THE_AUTHORISER_ONLY = ("left", "limits", "changes", "held")

values = st.text(min_size=1, max_size=8).map(lambda text: f"⟪{text}⟫")
facts = st.fixed_dictionaries(dict.fromkeys((*NAMES, *SECRETS), values))


@given(st.sampled_from(Kind), facts, st.datetimes(timezones=st.just(CHINA)))
def test_a_side_keeps_only_what_its_text_names(kind: Kind, known: dict[str, str], at: datetime) -> None:
    people = {side: f"p-{side}" for side in WORDS[kind]}
    for notice in told_of(kind, at, people, about="A", place="P", **known):
        assert notice.to == f"p-{notice.side}"
        assert notice.facts.keys() <= named_facts(kind, notice.side)
        assert not notice.facts.keys() & set(SECRETS)
        text = text_of(kind, notice.side, notice.facts)
        hidden = {name: value for name, value in known.items() if name not in notice.facts}
        for name, value in hidden.items():
            assert value not in text or value in notice.facts.values(), name
        if notice.side is Side.USER:
            assert not notice.facts.keys() & set(FOR_THE_AUTHORISER_ONLY)


@given(st.sampled_from([(kind, side) for kind in Kind for side in WORDS[kind]]), facts, st.sets(st.sampled_from(NAMES)))
def test_a_text_can_always_be_read_whatever_names_are_gone(
    whom: tuple[Kind, Side], known: dict[str, str], gone: set[str]
) -> None:
    kind, side = whom
    names = {"when": "今天"} | {n: v for n, v in known.items() if n not in gone & {"other", "place", "left", "held"}}
    assert text_of(kind, side, names)
