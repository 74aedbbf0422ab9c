"""The life of a binding in a real database: asked, proved, consented, ended; by people, clerks, reviewers, events."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from gongji.core.account import AccountKind
from gongji.core.codes import BindingTerm, Insurance, PaperKind, Relation, Scheme, Status
from gongji.core.family import Binding, BindingState, Limits
from gongji.core.incidents import IncidentKind, IncidentState
from gongji.core.life import LifeEvent, LifeKind
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.policyfiles.load import load
from gongji.policyfiles.locate import locate
from gongji.service import binding_life, binding_staff, choices, freezing, incidents, life_events
from gongji.service import proof_papers as papers
from gongji.service.abuse_scan import scan
from gongji.service.batch import Outcome
from gongji.service.binding_history import History, history_for, history_for_staff
from gongji.service.commands import Claimed, Credential, Done
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff
from gongji.service.staff_acts import Desk, acts
from world import World, done

CLERK = Staff(login="clerk01", name="王", role=Role.CLERK, region="610000")
REVIEWER = Staff(login="review01", name="李", role=Role.REVIEWER, region="610100")
AUDITOR = Staff(login="audit01", name="赵", role=Role.AUDITOR, region=None)
ELSEWHERE = Staff(login="review02", name="孙", role=Role.REVIEWER, region="450100")
NANNING = "450100"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + (300).to_bytes(4, "big") + (120).to_bytes(4, "big")
SEEN = (PaperKind.ID_CARD, PaperKind.INSURANCE_CARD, PaperKind.HOUSEHOLD_REGISTER)

RULES = {
    # a place that wants uploaded papers, and a letter of authorisation at the counter
    "340100": """
[[proof]]
from = 2020-01-01
source = "试验"
confidence = "low"
verified_on = 2026-01-01
review_by = 2027-06-30
online = "documents"
documents = ["id_card", "household_register"]
counter = ["id_card", "household_register", "authorisation_letter"]
closed = ["alipay"]
""",
    # a place that asks the user, makes long bindings between employees only, and widens its relatives tomorrow
    "340200": """
[[binding]]
from = 2020-01-01
source = "试验"
confidence = "low"
verified_on = 2026-01-01
review_by = 2027-06-30
notice = "告知书"
commitment = "承诺书"
confirm_by_user = true

[[proof]]
from = 2020-01-01
source = "试验"
confidence = "low"
verified_on = 2026-01-01
review_by = 2027-06-30
online = "commitment"
counter = []
asks_card = true
""",
    "340300": """
[[terms]]
from = 2020-01-01
source = "试验"
confidence = "low"
verified_on = 2026-01-01
review_by = 2027-06-30
long_term_employees_only = true
""",
}
PAPERS, ASKS, EMPLOYEES = RULES


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> PolicyBook:
    """The real rules, and three places that ask for other things."""
    root = tmp_path_factory.mktemp("rules") / "regions"
    shutil.copytree(locate(), root)
    for code, text in RULES.items():
        folder: Path = root / code
        folder.mkdir()
        (folder / "region.toml").write_text(f'code = "{code}"\nname = "试验市{code}"\n', "utf-8")
        (folder / "sharing.toml").write_text(text, "utf-8")
    return load(root)


@dataclass
class Clock:
    at: datetime

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
async def clock() -> Clock:
    return Clock(datetime.now(CHINA))


@pytest.fixture
async def world(dsn: str, made_up: PolicyBook, clock: Clock) -> AsyncIterator[World]:
    platform = Platform(dsn, made_up, clock=clock)
    await platform.open()
    yield await World(platform).open()
    await platform.close()


async def family(world: World, *, region: str = "610100", **user: Any) -> None:
    await world.person("子", 100_000, region=region)
    await world.person("父", 0, **({"region": region} | user))


async def state(world: World, binding: str) -> History:
    found = await history_for_staff(world.platform, binding, AUDITOR)
    assert isinstance(found, History)
    return found


def refused(outcome: object) -> Code:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


async def test_papers_are_reviewed_before_anything_is_drawn(world: World) -> None:
    """S04 a, KIN-45, KIN-47, KIN-48, KIN-51."""
    await family(world, region=PAPERS)
    son = world.people["子"]
    assert refused(await world.bind("子", "父", signature="")) is Code.PAPERS_MISSING
    ids = [await papers.upload(world.platform, son, kind, "a.png", PNG) for kind in SEEN[::2]]
    assert refused(await papers.upload(world.platform, son, SEEN[0], "a.exe", b"MZ")) is Code.PAPER_INVALID
    missing = await world.bind("子", "父", signature="", papers=tuple(ids[:1]))
    assert isinstance(missing, Refusal)
    assert missing.text == "缺少：户口簿"
    stolen = await world.bind("父", "子", signature="", papers=tuple(ids))
    assert isinstance(stolen, Refusal), "papers of somebody else are not taken"
    asked = await world.bind("子", "父", signature="", papers=tuple(ids))
    assert isinstance(asked, Binding)
    assert (asked.state, asked.label) == (BindingState.REVIEW, "待审核")
    assert (await world.buy("父", 1_000)).split.shared_total == 0
    listed = await binding_staff.papers_to_review(world.platform, asked.id, AUDITOR)
    assert isinstance(listed, list)
    assert [p.label for p in listed] == ["身份证", "户口簿"]
    assert (
        refused(await binding_staff.paper_to_review(world.platform, asked.id, listed[0].id, ELSEWHERE))
        is Code.ELSEWHERE
    )
    shown = await binding_staff.paper_to_review(world.platform, asked.id, listed[0].id, AUDITOR)
    assert shown == ("image/png", PNG)
    here = Staff(login="r3", name="周", role=Role.REVIEWER, region="340000")
    assert refused(await binding_staff.approve(world.platform, asked.id, CLERK)) is Code.ROLE_MISSING
    assert refused(await binding_staff.approve(world.platform, asked.id, REVIEWER)) is Code.ELSEWHERE
    assert [b.id for b in await binding_staff.waiting_for_review(world.platform, here)] == [asked.id]
    approved = await binding_staff.approve(world.platform, asked.id, here)
    assert isinstance(approved, Binding)
    assert (await world.buy("父", 1_000)).split.shared_total == 1_000
    assert refused(await binding_staff.approve(world.platform, asked.id, here)) is Code.BINDING_STATE
    assert [e.what for e in (await state(world, asked.id)).events] == ["bound", "approved"]


async def test_a_rejected_application_says_why(world: World) -> None:
    """S04 a: 已驳回 with the reason; the two may apply again."""
    await family(world, region=PAPERS)
    here = Staff(login="r3", name="周", role=Role.REVIEWER, region=None)
    for _ in range(2):
        ids = [await papers.upload(world.platform, world.people["子"], kind, "", PNG) for kind in SEEN[::2]]
        asked = await world.bind("子", "父", signature="", papers=tuple(ids))
        assert isinstance(asked, Binding)
        assert refused(await binding_staff.reject(world.platform, asked.id, here, " ")) is Code.REASON_MISSING
        rejected = await binding_staff.reject(world.platform, asked.id, here, "户口簿看不清")
        assert isinstance(rejected, Binding)
        assert (rejected.state, rejected.label) == (BindingState.ENDED, "已驳回")
    seen = await history_for(world.platform, asked.id, world.people["子"])
    assert isinstance(seen, History)
    assert seen.events[-1].details == {"reason": "户口簿看不清"}
    assert (await world.buy("父", 1_000)).split.shared_total == 0


async def test_a_clerk_binds_for_somebody_at_the_counter(world: World) -> None:
    """S04 b, KIN-20, KIN-21, KIN-22, KIN-52, KIN-53."""
    await family(world, region=PAPERS)
    clerk = Staff(login="c1", name="钱", role=Role.CLERK, region="340000")
    desk = Desk(staff=clerk, place="市医保大厅")
    two = (PaperKind.ID_CARD, PaperKind.HOUSEHOLD_REGISTER)
    blocked = await world.bind("子", "父", signature="", seen=two, desk=desk, channel="counter")
    assert isinstance(blocked, Refusal)
    assert blocked.text == "缺少：授权书"
    three = (*two, PaperKind.AUTHORISATION_LETTER)
    wrong = Desk(staff=CLERK, place="别处")
    assert (
        refused(await world.bind("子", "父", signature="", seen=three, desk=wrong, channel="counter")) is Code.ELSEWHERE
    )
    made = await world.bind("子", "父", signature="", seen=three, desk=desk, channel="counter")
    assert isinstance(made, Binding)
    assert made.state is BindingState.ACTIVE
    first = (await state(world, made.id)).events[0]
    assert (first.actor, first.clerk, first.place, first.channel) == (world.people["子"], "c1", "市医保大厅", "counter")
    (line,) = [
        a for a in await acts(world.platform, AUDITOR, person_no=world.people["子"]) if a.what == "binding.bound"
    ]
    assert (line.staff, line.person_no, line.place, line.about) == ("c1", world.people["子"], "市医保大厅", made.id)
    listed = await binding_staff.papers_to_review(world.platform, made.id, AUDITOR)
    assert isinstance(listed, list)
    assert [(p.label, p.seen_by, p.size) for p in listed] == [(k.label, "c1", 0) for k in three]
    async with world.platform.pool.connection() as conn:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            await conn.execute("update staff_act set staff = 'x'")
    async with world.platform.pool.connection() as conn:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            await conn.execute("delete from binding_event")


async def test_channels_and_fields_a_place_does_not_take(world: World) -> None:
    """KIN-18, KIN-59, KIN-63: an unknown channel, a closed one, the card number asked for."""
    await family(world, region=PAPERS)
    ids = [await papers.upload(world.platform, world.people["子"], kind, "", PNG) for kind in SEEN[::2]]
    closed = await world.bind("子", "父", channel="alipay", papers=tuple(ids))
    assert isinstance(closed, Refusal)
    assert closed.text == "试验市340100不接受通过支付宝办理绑定，请换其他渠道"
    await family(world)
    assert refused(await world.bind("子", "父", channel="terminal")) is Code.WAY_NOT_OFFERED
    father = (await world.holding("父")).person
    assert refused(await world.bind("子", "父", user_card_no="Z1")) is Code.PERSON_DETAILS_MISMATCH
    assert isinstance(await world.bind("子", "父", user_card_no=father.card_no), Binding)
    await family(world, region=ASKS)
    assert refused(await world.bind("子", "父")) is Code.INPUT_INVALID


async def test_the_second_side_confirms_or_declines(world: World) -> None:
    await family(world, region=ASKS)
    card = (await world.holding("父")).person.card_no
    son, father = world.people["子"], world.people["父"]
    await world.person("路人")
    asked = await world.bind("子", "父", user_card_no=card)
    assert isinstance(asked, Binding)
    assert asked.state is BindingState.PENDING
    assert (await world.buy("父", 1_000)).split.shared_total == 0
    for other in (son, world.people["路人"]):
        assert refused(await binding_life.confirm(world.platform, asked.id, other, "portal")) is Code.NOT_YOURS
        assert refused(await binding_life.decline(world.platform, asked.id, other, "portal")) is Code.NOT_YOURS
    declined = await binding_life.decline(world.platform, asked.id, father, "portal", "不需要")
    assert isinstance(declined, Binding)
    assert declined.label == "已拒绝"
    assert refused(await binding_life.confirm(world.platform, asked.id, father, "portal")) is Code.BINDING_ENDED
    again = await world.bind("子", "父", user_card_no=card)
    assert isinstance(again, Binding)
    assert isinstance(await binding_life.confirm(world.platform, again.id, father, "portal"), Binding)
    assert (await world.buy("父", 1_000)).split.shared_total == 1_000


async def test_a_guardian_confirms_for_a_minor(world: World) -> None:
    """A grandparent shares with a child: a declared parent confirms, nobody else."""
    young = {"birth_date": date.today() - timedelta(days=365 * 9), "region": ASKS}  # noqa: DTZ011
    child = young | {"scheme": Scheme.RESIDENT, "status": Status.CHILD, "account_state": "none"}
    await world.person("孩子", 0, **child)
    for nickname in ("母", "祖母", "路人"):
        await world.person(nickname, 50_000, region=ASKS)
    card = (await world.holding("孩子")).person.card_no
    mother = await world.bind("母", "孩子", Relation.CHILD, user_card_no=card)
    assert isinstance(mother, Binding)
    assert mother.state is BindingState.ACTIVE, "a parent speaks for both sides"
    asked = await world.bind("祖母", "孩子", Relation.PATERNAL_GRANDCHILD, user_card_no=card)
    assert isinstance(asked, Binding)
    assert asked.state is BindingState.PENDING
    answers = {
        who: await binding_life.confirm(world.platform, asked.id, world.people[who], "portal")
        for who in ("孩子", "祖母", "路人")
    }
    assert [refused(a) for a in answers.values()] == [Code.GUARDIAN_NEEDED, Code.NOT_YOURS, Code.NOT_YOURS]
    assert [b.id for b in await binding_life.for_wards(world.platform, world.people["母"])] == [asked.id]
    assert await binding_life.for_wards(world.platform, world.people["路人"]) == []
    confirmed = await binding_life.confirm(world.platform, asked.id, world.people["母"], "portal")
    assert isinstance(confirmed, Binding)
    assert [(e.what, e.by) for e in (await state(world, asked.id)).events][-1] == ("confirmed", "guardian")


async def test_a_place_may_make_long_bindings_between_employees_only(world: World) -> None:
    """KIN-56, KIN-57."""
    resident = {"scheme": Scheme.RESIDENT, "status": Status.ELDERLY, "account_state": "none"}
    await family(world, region=EMPLOYEES, **resident)
    assert refused(await world.bind("子", "父")) is Code.LONG_TERM_NOT_OFFERED
    once = await world.bind("子", "父", term=BindingTerm.SINGLE_USE)
    assert isinstance(once, Binding)
    assert [(await world.buy("父", 500)).split.shared_total for _ in range(2)] == [500, 0]
    assert (await state(world, once.id)).binding.label == "已失效"
    await world.person("母", 0, region=EMPLOYEES)
    assert isinstance(await world.bind("子", "母"), Binding)


async def test_evidence_and_history_stay(world: World) -> None:
    """KIN-12, KIN-32, KIN-35, KIN-37, KIN-58, KIN-64; S02 d."""
    await family(world)
    made = await world.bind("子", "父", signature="[[[1,2],[3,4],[5,9]]]", limits=Limits(total=9_000))
    assert isinstance(made, Binding)
    son, father = world.people["子"], world.people["父"]
    await binding_life.amend(world.platform, made.id, son, Limits(total=7_000), "portal")
    await binding_life.end(world.platform, made.id, father, "rest/app")
    whole = await state(world, made.id)
    assert [(e.what, e.by, e.channel) for e in whole.events] == [
        ("bound", "authoriser", "portal"),
        ("authorised", "authoriser", "portal"),
        ("amended", "authoriser", "portal"),
        ("ended_by_user", "user", "rest/app"),
    ]
    proof = whole.events[0].details
    assert (proof["signature_kind"], len(proof["signature_sha256"])) == ("drawn", 64)
    assert proof["notice_version"] == "610000/2022-10-01"
    assert proof["consented_at"]
    assert proof["cards"]["user"] == (await world.holding("父")).person.card_no
    (picture,) = await _papers(world, made.id)
    assert (picture.label, picture.media_type, picture.sha256) == ("签名", "image/svg+xml", proof["signature_sha256"])
    mine = await history_for(world.platform, made.id, son)
    theirs = await history_for(world.platform, made.id, father)
    assert isinstance(mine, History)
    assert isinstance(theirs, History)
    assert mine.events[2].details["after"] == {"total": 7_000}
    assert [e.details for e in theirs.events] == [{}] * 4, "the user does not see limits or what was signed"
    await world.person("路人")
    assert refused(await history_for(world.platform, made.id, world.people["路人"])) is Code.BINDING_UNKNOWN


async def _papers(world: World, binding: str) -> list[papers.Paper]:
    async with world.platform.pool.connection() as conn:
        return await papers.papers_of(conn, binding)


def event(world: World, nickname: str, kind: LifeKind, on: date | None = None, **more: str) -> LifeEvent:
    on = on or world.platform.clock().date()
    return LifeEvent(person_no=world.people[nickname], kind=kind, on=on, **more)


async def report(
    world: World, nickname: str, kind: LifeKind, on: date | None = None, **more: str
) -> life_events.Reported:
    outcome = await life_events.report(world.platform, CLERK, event(world, nickname, kind, on, **more), "大厅")
    assert isinstance(outcome, life_events.Reported), outcome
    return outcome


async def test_a_death_ends_both_sides_and_gives_quotas_back(world: World) -> None:
    """ACC, KIN: one report, one transaction; the frozen quota is back, a repeat does nothing."""
    await world.person("祖", 50_000)
    await family(world)
    await world.person("远", 0, region=NANNING)
    far = await world.bind("子", "远", limits=Limits(quota=30_000))
    assert isinstance(far, Binding)
    await binding_life.confirm(world.platform, far.id, world.people["远"], "portal")
    giving, taking = await world.bind("子", "父"), await world.bind("祖", "子", Relation.CHILD)
    assert isinstance(giving, Binding)
    assert isinstance(taking, Binding)
    done_ = await report(world, "子", LifeKind.DEATH)
    assert set(done_.ended) == {far.id, giving.id, taking.id}
    holding = await world.holding("子")
    assert (holding.balance, holding.set_aside(AccountKind.QUOTA_HOLD)) == (100_000, 0)
    assert holding.person.insurance is Insurance.ENDED
    assert (await world.buy("父", 1_000)).split.shared_total == 0
    assert (await report(world, "子", LifeKind.DEATH)).known
    yesterday = world.platform.clock().date() - timedelta(days=1)
    other = await life_events.report(world.platform, CLERK, event(world, "子", LifeKind.DEATH, yesterday))
    assert refused(other) is Code.LIFE_EVENT_KNOWN
    assert (await state(world, giving.id)).events[-1].what == "died"
    assert verify(world.platform.dsn).ok


async def test_a_death_reported_late_is_an_incident_and_changes_no_settlement(world: World, clock: Clock) -> None:
    await family(world)
    made = await world.bind("子", "父")
    assert isinstance(made, Binding)
    died = clock.at.date()
    clock.at += timedelta(days=2)
    own, drawn = await world.buy("子", 700), await world.buy("父", 1_000)
    back = await world.buy("父", 300)
    assert isinstance(await world.reverse(back), Done)
    told = await report(world, "子", LifeKind.DEATH, died)
    found = await incidents.incidents(world.platform, AUDITOR, kind=IncidentKind.AFTER_DEATH)
    assert isinstance(found, list)
    (one,) = [i for i in found if i.id in told.incidents]
    assert one.persons == [world.people["子"]]
    assert [(s["id"], s["total"]) for s in one.evidence["settlements"]] == [(own.id, 700)]
    assert one.evidence["drawn"] == [{"binding": made.id, "day": str(clock.at.date()), "amount": 1_000}]
    assert (await world.balance("子")) == 100_000 - 700 - drawn.split.shared_total
    assert isinstance(await world.reverse(drawn), Done), "a reversal still gives each payer his part back"
    assert verify(world.platform.dsn).ok


async def test_insurance_pauses_and_ends(world: World, clock: Clock) -> None:
    await family(world)
    made = await world.bind("子", "父")
    assert isinstance(made, Binding)
    assert (await report(world, "子", LifeKind.INSURANCE_SUSPENDED)).ended == ()
    assert (await world.buy("父", 1_000)).split.shared_total == 0
    clock.at += timedelta(days=1)
    await report(world, "子", LifeKind.INSURANCE_RESUMED)
    assert (await world.buy("父", 1_000)).split.shared_total == 1_000
    # out of order: a suspension of before comes after the resumption that followed it
    await report(world, "子", LifeKind.INSURANCE_SUSPENDED, clock.at.date() - timedelta(days=5))
    assert (await world.buy("父", 1_000)).split.shared_total == 1_000
    assert [e.what for e in (await state(world, made.id)).events][2:] == ["paused", "resumed", "paused"]
    clock.at += timedelta(days=1)
    assert (await report(world, "父", LifeKind.INSURANCE_ENDED)).ended == (made.id,)
    assert (await state(world, made.id)).binding.ended_reason == "insurance_changed"


@pytest.mark.parametrize("who", ["子", "父"])
async def test_where_the_place_says_so_a_suspension_ends_a_binding(platform: Platform, who: str) -> None:
    world = await World(platform, "360100").open()
    await family(world, region="360100")
    made = await world.bind("子", "父")
    assert isinstance(made, Binding)
    anywhere = Staff(login="clerk05", name="王", role=Role.CLERK, region=None)
    paused = event(world, who, LifeKind.INSURANCE_SUSPENDED)
    told = await life_events.report(platform, anywhere, paused)
    assert isinstance(told, life_events.Reported)
    assert told.ended == (made.id,)
    # Whoever is not insured cannot be bound anew, on either side, until he is.
    assert refused(await world.bind("子", "父")) in (Code.AUTHORISER_NOT_INSURED, Code.USER_NOT_INSURED)
    await life_events.report(platform, anywhere, event(world, who, LifeKind.INSURANCE_RESUMED))
    assert isinstance(await world.bind("子", "父"), Binding)


async def test_a_divorce_ends_what_marriage_bound(world: World) -> None:
    await world.person("夫", 100_000)
    await world.person("妻", 100_000)
    await world.person("子", 0)
    one, two = await world.bind("夫", "妻", Relation.SPOUSE), await world.bind("妻", "夫", Relation.SPOUSE)
    child = await world.bind("夫", "子", Relation.CHILD)
    assert isinstance(one, Binding)
    assert isinstance(two, Binding)
    assert isinstance(child, Binding)
    done_ = await report(world, "夫", LifeKind.DIVORCE, other=world.people["妻"])
    assert set(done_.ended) == {one.id, two.id}
    again = await world.bind("夫", "妻", Relation.SPOUSE)
    assert refused(again) is Code.COMMITMENT_BARRED, "a commitment is not enough after a divorce"
    desk = Desk(staff=CLERK, place="大厅")
    married = await world.bind("夫", "妻", Relation.SPOUSE, seen=SEEN, desk=desk, channel="counter")
    assert isinstance(married, Binding)


async def test_a_new_card_keeps_the_binding(world: World) -> None:
    """KIN-58; the old card is told off, and is no misuse."""
    await family(world)
    made = await world.bind("子", "父")
    assert isinstance(made, Binding)
    old = (await world.holding("父")).person.card_no
    await report(world, "父", LifeKind.CARD_REPLACED, card_no="ZNEW00001")
    assert (await world.buy("父", 1_000)).split.shared_total == 1_000
    assert await _shown(world, "父", old) is Code.CREDENTIAL_MISMATCH
    assert await _impersonations(world, "父") == []
    taken = await life_events.report(world.platform, CLERK, event(world, "子", LifeKind.CARD_REPLACED, card_no=old))
    assert refused(taken) is Code.LIFE_EVENT_INVALID


async def _shown(world: World, nickname: str, card: str) -> Code:
    visit, _ = await world.visit(nickname, 1_000)
    claimed = Claimed(credential=Credential(kind="card", number=card))
    return refused(await world.platform.batcher.submit(world.settle_command(nickname, visit, 1_000, claimed=claimed)))


async def _impersonations(world: World, nickname: str) -> list[incidents.Incident]:
    found = await incidents.incidents(
        world.platform, AUDITOR, kind=IncidentKind.IMPERSONATION, person_no=world.people[nickname]
    )
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("kind", "on", "more"),
    [
        (LifeKind.DEATH, date(2999, 1, 1), {}),
        (LifeKind.DEATH, date(1900, 1, 1), {}),
        (LifeKind.DIVORCE, None, {}),
        (LifeKind.CARD_REPLACED, None, {"card_no": " "}),
    ],
)
async def test_what_cannot_have_happened_is_not_reported(
    world: World, kind: LifeKind, on: date | None, more: Any
) -> None:
    await world.person("子", 0)
    outcome = await life_events.report(world.platform, CLERK, event(world, "子", kind, on, **more))
    assert refused(outcome) is Code.LIFE_EVENT_INVALID


async def test_impersonation_freezes_and_thaws(world: World) -> None:
    """S06, PEN-01, PEN-04."""
    await family(world)
    assert isinstance(await world.bind("子", "父"), Binding)
    assert await _shown(world, "父", (await world.holding("子")).person.card_no) is Code.CREDENTIAL_MISMATCH
    (one,) = await _impersonations(world, "父")
    assert one.persons == [world.people["父"], world.people["子"]]
    assert (one.institution, one.evidence["holder"], one.evidence["amount"]) == (
        world.hospital,
        world.people["子"],
        1_000,
    )
    assert (
        refused(await incidents.handle(world.platform, REVIEWER, one.id, IncidentState.CONFIRMED, "核实"))
        is Code.ROLE_MISSING
    )
    handled = await incidents.handle(world.platform, AUDITOR, one.id, IncidentState.CONFIRMED, "核实")
    assert isinstance(handled, incidents.Incident)
    assert (handled.state, handled.staff) == (IncidentState.CONFIRMED, "audit01")
    again = await incidents.handle(world.platform, AUDITOR, one.id, IncidentState.DISMISSED, "重来")
    assert refused(again) is Code.INCIDENT_CLOSED
    son = world.people["子"]
    assert await freezing.freeze_account(world.platform, AUDITOR, son, "冒用", one.id) is None
    own = await world.platform.batcher.submit(world.purchase_command("子", 100))
    assert isinstance(own, Refusal)
    assert "账户已封停" in own.text
    shared = await world.buy("父", 1_000)
    assert (shared.split.shared_total, shared.split.shared[0].reason) == (0, "account_not_open")
    twice = await freezing.freeze_account(world.platform, AUDITOR, son, "冒用")
    assert twice is not None
    assert twice.code is Code.ACCOUNT_STATE
    assert await freezing.thaw_account(world.platform, AUDITOR, son, "已处理") is None
    assert (await world.buy("父", 1_000)).split.shared_total == 1_000
    assert [a.what for a in await acts(world.platform, AUDITOR, person_no=son)][:2] == [
        "account.unfrozen",
        "account.frozen",
    ]
    assert verify(world.platform.dsn).ok


async def test_a_frozen_binding_says_so_and_thaws(world: World) -> None:
    await family(world)
    made = await world.bind("子", "父")
    assert isinstance(made, Binding)
    assert isinstance(await binding_staff.freeze(world.platform, made.id, REVIEWER, "核实"), Binding)
    frozen = await world.buy("父", 1_000)
    assert (frozen.split.shared_total, frozen.split.shared[0].reason) == (0, "binding_frozen")
    assert isinstance(await binding_staff.thaw(world.platform, made.id, REVIEWER, "无误"), Binding)
    assert (await world.buy("父", 1_000)).split.shared_total == 1_000
    ended = await binding_staff.end_by_agency(world.platform, made.id, REVIEWER, "违规")
    assert isinstance(ended, Binding)
    assert ended.ended_reason == "ended_by_agency"


async def test_forged_papers_have_a_bounded_fine_and_bar_commitments(world: World) -> None:
    """PEN-05, PEN-06, S14."""
    await family(world)
    son = world.people["子"]
    number = await incidents.record_by_staff(
        world.platform, CLERK, IncidentKind.FORGED_PAPERS, [son], "假证明", 100_000
    )
    assert isinstance(number, int)
    over = await incidents.handle(world.platform, AUDITOR, number, IncidentState.CONFIRMED, "属实", 500_001)
    assert refused(over) is Code.AMOUNT_INVALID
    exact = await incidents.handle(world.platform, AUDITOR, number, IncidentState.CONFIRMED, "属实", 500_000)
    assert isinstance(exact, incidents.Incident)
    assert refused(await world.bind("子", "父")) is Code.COMMITMENT_BARRED
    desk = Desk(staff=CLERK, place="大厅")
    assert isinstance(await world.bind("子", "父", seen=SEEN, desk=desk, channel="counter"), Binding)


async def test_people_report_agents_and_follow_what_becomes_of_it(world: World) -> None:
    """PEN-09, PEN-12."""
    await world.person("子", 0)
    number = await incidents.report(world.platform, world.people["子"], IncidentKind.AGENT, "有人代取余额")
    assert isinstance(number, int)
    assert (
        refused(await incidents.report(world.platform, world.people["子"], IncidentKind.BROKER, "x"))
        is Code.INPUT_INVALID
    )
    await incidents.handle(world.platform, AUDITOR, number, IncidentState.DISMISSED, "查无此事")
    (mine,) = await incidents.reports_of(world.platform, world.people["子"])
    assert (mine.state, mine.answer) == (IncidentState.DISMISSED, "查无此事")


async def test_a_scan_finds_once_what_stands_in_the_books(world: World) -> None:
    """KIN, PEN: a broker's device, ping-pong, quick purchases; a second look finds nothing new."""
    await scan(world.platform)
    for n in range(4):
        await world.person(f"甲{n}", 1_000)
        await world.person(f"乙{n}", 0)
        assert isinstance(await world.bind(f"甲{n}", f"乙{n}", device="同一部手机"), Binding)
    await family(world)
    for _ in range(4):
        made = await world.bind("子", "父")
        assert isinstance(made, Binding)
        await binding_life.end(world.platform, made.id, world.people["子"], "portal")
    shops = [await World(world.platform).open() for _ in range(3)]
    for shop in (*shops, shops[0]):
        shop.people = world.people
        await shop.buy("父", 100)
    found = await scan(world.platform)
    assert sorted(f.kind.value for f in found) == ["broker", "ping_pong", "quick_series"]
    (series,) = [f for f in found if f.kind is IncidentKind.QUICK_SERIES]
    assert (series.persons, len(series.evidence["settlements"])) == ((world.people["父"],), 4)
    assert await scan(world.platform) == []


async def test_who_binds_again_and_again_is_sent_to_the_counter(world: World) -> None:
    await family(world)
    for _ in range(10):
        made = await world.bind("子", "父")
        assert isinstance(made, Binding)
        await binding_life.end(world.platform, made.id, world.people["子"], "portal")
    assert refused(await world.bind("子", "父")) is Code.BOUND_TOO_OFTEN


STOPS = ("end", "freeze_binding", "freeze_account", "death")


@pytest.mark.parametrize("stop", STOPS)
async def test_nothing_is_drawn_after_a_stop_that_runs_beside_settlements(world: World, stop: str) -> None:
    """S06, issue point 5: whatever order they meet in, money drawn is money of settlements before the stop."""
    await family(world)
    made = await world.bind("子", "父")
    assert isinstance(made, Binding)
    son = world.people["子"]

    async def stopping() -> object:
        await asyncio.sleep(0)
        if stop == "end":
            return await binding_life.end(world.platform, made.id, son, "portal")
        if stop == "freeze_binding":
            return await binding_staff.freeze(world.platform, made.id, REVIEWER, "核实")
        if stop == "freeze_account":
            return await freezing.freeze_account(world.platform, AUDITOR, son, "核实")
        return await life_events.report(world.platform, CLERK, event(world, "子", LifeKind.DEATH))

    async def buying(number: int) -> tuple[Outcome, bool]:
        outcome = await world.platform.batcher.submit(world.purchase_command("父", 100 + number))
        return outcome, stopped.is_set()

    stopped = asyncio.Event()

    async def stop_it() -> None:
        assert not isinstance(await stopping(), Refusal)
        stopped.set()

    before = [asyncio.create_task(buying(n)) for n in range(15)]
    task = asyncio.create_task(stop_it())
    during = [asyncio.create_task(buying(n)) for n in range(15, 30)]
    outcomes = [outcome for outcome, _ in await asyncio.gather(*before, *during)]
    await task
    after = await world.buy("父", 999)
    assert after.split.shared_total == 0
    drawn = sum(done(outcome).split.shared_total for outcome in outcomes)
    assert await world.balance("子") == 100_000 - drawn
    assert verify(world.platform.dsn).ok


async def test_what_has_run_out_ends_by_itself_and_gives_back_what_was_frozen(world: World, clock: Clock) -> None:
    """KIN, A.10: nobody has to ask; it may be done by several processes at once."""
    await family(world)
    await world.person("兄", 50_000, region=NANNING)
    last = clock.at.date() + timedelta(days=2)
    asked = await world.bind("兄", "父", Relation.SIBLING, limits=Limits(quota=30_000), ends_on=last)
    late = await world.bind("子", "父", ends_on=last)
    assert isinstance(asked, Binding)
    assert isinstance(late, Binding)
    assert isinstance(await binding_life.confirm(world.platform, asked.id, world.people["父"], "portal"), Binding)
    assert await world.balance("兄") == 20_000
    clock.at += timedelta(days=2)
    await asyncio.gather(*[binding_life.end_expired(world.platform) for _ in range(3)])
    assert await world.balance("兄") == 20_000, "the last day counts"
    clock.at += timedelta(days=1)
    bought = world.purchase_command("父", 100)
    assert bought.purchase is not None
    of_yesterday = msgspec.structs.replace(bought, purchase=msgspec.structs.replace(bought.purchase, on=last))
    assert done(await world.platform.batcher.submit(of_yesterday)).split.shared_total == 0, "it is over today"
    assert refused(await choices.change_quota(world.platform, asked.id, world.people["兄"], 1, "portal")) is (
        Code.BINDING_ENDED
    )
    await asyncio.gather(*[binding_life.end_expired(world.platform) for _ in range(3)])
    assert await world.balance("兄") == 50_000
    assert [e.what for e in (await state(world, asked.id)).events][-1] == "expired"
    assert (await state(world, late.id)).binding.state is BindingState.ENDED
    assert verify(world.platform.dsn).ok


async def test_what_waits_for_consent_cannot_begin_after_its_last_day(world: World, clock: Clock) -> None:
    await family(world)
    await world.person("兄", 50_000, region=NANNING)
    asked = await world.bind(
        "兄", "父", Relation.SIBLING, limits=Limits(quota=30_000), ends_on=clock.at.date() + timedelta(days=2)
    )
    assert isinstance(asked, Binding)
    clock.at += timedelta(days=3)
    confirmed = await binding_life.confirm(world.platform, asked.id, world.people["父"], "portal")
    assert (refused(confirmed), await world.balance("兄")) == (Code.BINDING_ENDED, 50_000)


async def test_what_ran_out_with_somebody_else_takes_no_room_and_is_left_alone(world: World, clock: Clock) -> None:
    """Binding locks the two people; a third one's frozen money is not touched beside them."""
    await family(world)
    await world.person("兄", 50_000, region=NANNING)
    await world.person("女", 1_000)
    last = clock.at.date() + timedelta(days=1)
    asked = await world.bind("兄", "父", Relation.SIBLING, limits=Limits(quota=30_000), ends_on=last)
    assert isinstance(asked, Binding)
    assert isinstance(await binding_life.confirm(world.platform, asked.id, world.people["父"], "portal"), Binding)
    assert isinstance(await world.bind("女", "父"), Binding)
    assert refused(await world.bind("子", "父")) is Code.TOO_MANY_AUTHORISERS
    clock.at += timedelta(days=2)
    assert isinstance(await world.bind("子", "父"), Binding)
    assert await world.balance("兄") == 20_000
    await binding_life.end_expired(world.platform)
    assert await world.balance("兄") == 50_000
