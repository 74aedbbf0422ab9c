"""Patterns of misuse over what has been committed (线索识别): pure decisions over bindings and settlements.

The thresholds are dated rules of the place of the person concerned. Nothing here stops anybody.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from gongji.core.codes import BindingTerm, Care
from gongji.core.incidents import Finding, IncidentKind
from gongji.core.money import Fen
from gongji.core.policy import Pattern, PolicyBook


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A binding that was made, in whatever state it is now.

    Attributes:
        region: insured place of the authoriser.
        phone, device: the authoriser's registered phone and the mark of the device, or empty.
    """

    id: str
    authoriser: str
    user: str
    at: datetime
    term: BindingTerm
    region: str
    phone: str = ""
    device: str = ""


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """A settlement that still stands; amounts in fen, ``place`` is the pooling area of the institution."""

    id: str
    person_no: str
    region: str
    institution: str
    place: str
    care: Care
    at: datetime
    total: Fen
    shared: Fen


_SHARED_MARKS: Final = (("device", "同一台设备"), ("phone", "同一个手机号"), ("user", "同一位使用人"))


def look_at_bindings(book: PolicyBook, made: Sequence[Made]) -> list[Finding]:
    """Brokers, bindings made again and again, many bindings for a single use."""
    return [*_brokers(book, made), *_ping_pong(book, made), *_single_use(book, made)]


def look_at_settlements(book: PolicyBook, bought: Sequence[Bought]) -> list[Finding]:
    """Purchases in quick series, and two places at one time."""
    by_person: dict[str, list[Bought]] = defaultdict(list)
    for one in sorted(bought, key=lambda b: (b.at, b.id)):
        by_person[one.person_no].append(one)
    findings = []
    for series in by_person.values():
        findings += _quick_series(book, series)
        findings += _two_places(book, series)
    return findings


def _rule(book: PolicyBook, region: str, name: str, at: datetime) -> Pattern | None:
    return book.rule(Pattern, region, f"abuse.{name}", at.date())


def _window(rule: Pattern, times: Sequence[datetime], first: int) -> int:
    """How many of the ascending times, from the one at ``first`` on, lie in one window."""
    last = times[first] + timedelta(minutes=rule.minutes)
    return sum(1 for at in times[first:] if at <= last)


def strangers(pairs: Iterable[tuple[str, str]]) -> int:
    """How many groups of people the pairs make: who is bound to each other, also by way of others, is one group."""
    parent: dict[str, str] = {}

    def root(person: str) -> str:
        while parent.setdefault(person, person) != person:
            person = parent[person]
        return person

    for left, right in pairs:
        parent[root(left)] = root(right)
    return len({root(person) for person in list(parent)})


def _brokers(book: PolicyBook, made: Sequence[Made]) -> list[Finding]:
    findings = []
    for mark, label in _SHARED_MARKS:
        groups: dict[str, list[Made]] = defaultdict(list)
        for one in made:
            value = getattr(one, mark)
            if value:
                groups[value].append(one)
        for group in groups.values():
            found = _broker(book, mark, label, sorted(group, key=lambda m: (m.at, m.id)))
            if found:
                findings.append(found)
    return findings


def _broker(book: PolicyBook, mark: str, label: str, group: list[Made]) -> Finding | None:
    """The first window in which one device, phone or user was bound with too many people who have no tie."""
    times = [one.at for one in group]
    for first, one in enumerate(group):
        rule = _rule(book, one.region, "broker", one.at)
        if rule is None:
            continue
        window = group[first : first + _window(rule, times, first)]
        # One user is the tie of all his authorisers: there each authoriser counts.
        if mark == "user":
            count = len({m.authoriser for m in window})
        else:
            count = strangers((m.authoriser, m.user) for m in window)
        if count >= rule.most:
            about = [one.user] if mark == "user" else []
            people = tuple(dict.fromkeys([*about, *(m.authoriser for m in window)]))
            evidence = {"by": label, "groups": count, **_bindings(window)}
            key = f"{mark}|{hashlib.sha256(getattr(one, mark).encode()).hexdigest()}|{_month(window, rule)}"
            return _finding(IncidentKind.BROKER, rule, one.region, window[-1].at, people, key, evidence)
    return None


def _month(window: Sequence[Made], rule: Pattern) -> str:
    """The month in which the threshold was reached: a pattern that goes on is told once a month."""
    return f"{window[rule.most - 1].at:%Y-%m}"


def _ping_pong(book: PolicyBook, made: Sequence[Made]) -> list[Finding]:
    pairs: dict[tuple[str, str], list[Made]] = defaultdict(list)
    for one in made:
        pairs[one.authoriser, one.user].append(one)
    found = [_repeated(book, IncidentKind.PING_PONG, group) for group in pairs.values()]
    return [finding for finding in found if finding]


def _single_use(book: PolicyBook, made: Sequence[Made]) -> list[Finding]:
    people: dict[str, list[Made]] = defaultdict(list)
    for one in made:
        if one.term is BindingTerm.SINGLE_USE:
            people[one.authoriser].append(one)
    found = [_repeated(book, IncidentKind.MANY_SINGLE_USE, group) for group in people.values()]
    return [finding for finding in found if finding]


def _repeated(book: PolicyBook, kind: IncidentKind, unordered: list[Made]) -> Finding | None:
    group = sorted(unordered, key=lambda m: (m.at, m.id))
    times = [one.at for one in group]
    for first, one in enumerate(group):
        rule = _rule(book, one.region, kind.value, one.at)
        count = _window(rule, times, first) if rule else 0
        if rule and count >= rule.most:
            window = group[first : first + count]
            people = tuple(dict.fromkeys([one.authoriser, *(m.user for m in window)]))
            pair = f"{one.authoriser}|{one.user if kind is IncidentKind.PING_PONG else ''}"
            key = f"{pair}|{_month(window, rule)}"
            return _finding(kind, rule, one.region, window[-1].at, people, key, _bindings(window))
    return None


def _bindings(window: Sequence[Made]) -> dict[str, Any]:
    return {"bindings": [m.id for m in window], "times": [m.at.isoformat() for m in window]}


def _quick_series(book: PolicyBook, series: list[Bought]) -> list[Finding]:
    bought = [one for one in series if one.care is Care.PHARMACY]
    return _first_of_each_day(book, IncidentKind.QUICK_SERIES, bought, lambda one: one.institution)


def _two_places(book: PolicyBook, series: list[Bought]) -> list[Finding]:
    return _first_of_each_day(book, IncidentKind.TWO_PLACES, series, lambda one: one.place)


def _first_of_each_day(
    book: PolicyBook, kind: IncidentKind, series: list[Bought], place: Callable[[Bought], str]
) -> list[Finding]:
    """At most one finding a person and day, so that a second look finds it known."""
    findings: dict[str, Finding] = {}
    times = [one.at for one in series]
    for first, one in enumerate(series):
        rule = _rule(book, one.region, kind.value, one.at)
        key = f"{one.person_no}|{one.at.date()}"
        if rule is None or key in findings:
            continue
        window = series[first : first + _window(rule, times, first)]
        places = {place(each) for each in window}
        if len(window) < rule.most or len(places) < rule.places:
            continue
        evidence = {
            "settlements": [each.id for each in window],
            "institutions": [each.institution for each in window],
            "places": [each.place for each in window],
            "times": [each.at.isoformat() for each in window],
            "amounts": [each.total for each in window],
            "shared": [each.shared for each in window],
        }
        findings[key] = _finding(
            kind, rule, one.region, window[-1].at, (one.person_no,), key, evidence, window[-1].institution
        )
    return list(findings.values())


def _finding(
    kind: IncidentKind,
    rule: Pattern,
    region: str,
    at: datetime,
    persons: tuple[str, ...],
    key: str,
    evidence: dict[str, Any],
    institution: str | None = None,
) -> Finding:
    stands = {
        "file": rule.cite.file,
        "from": str(rule.cite.start),
        "most": rule.most,
        "minutes": rule.minutes,
        "places": rule.places,
    }
    return Finding(
        kind=kind,
        key=f"{kind.value}|{key}",
        at=at,
        persons=persons,
        region=region,
        institution=institution,
        evidence=evidence | {"rule": stands},
    )
