"""The people of the demo city: plausible, complete, and nobody."""

from collections import Counter
from datetime import date

import pytest
from stdnum.cn.ric import calc_check_digit

from gongji.core.codes import Insurance, Scheme, Segment, Status
from gongji.core.person import Person
from gongji.demo.people import binding_requests, citizens, families, roles

# GB/T 2260, and the codes of residents of Hong Kong, Macao and Taiwan.
PROVINCES = {
    *range(11, 16),
    *range(21, 24),
    *range(31, 38),
    *range(41, 47),
    *range(50, 55),
    *range(61, 66),
    71,
    81,
    82,
    83,
}

REGIONS = {"110000", "150100", "310000", "360100", "370200", "450100", "610100", "610400"}

PEOPLE = [pytest.param(citizen.person, id=citizen.member.role) for citizen in citizens().values()]


def person_of(role: str) -> Person:
    return next(c.person for c in citizens().values() if c.member.role == role)


def test_city_has_the_promised_size() -> None:
    assert len(citizens()) >= 40
    assert len(families().families) >= 12
    assert {c.person.region for c in citizens().values()} == REGIONS


def test_names_roles_and_family_numbers_are_unique() -> None:
    members = [member for family in families().families for member in family.members]
    for values in ([m.name for m in members], [m.role for m in members], [f.no for f in families().families]):
        assert [value for value, count in Counter(values).items() if count > 1] == []
    assert len(roles()) == len(members)


@pytest.mark.parametrize("field", ["person_no", "certificate_no", "card_no", "name"])
def test_numbers_are_unique(field: str) -> None:
    assert len({getattr(c.person, field) for c in citizens().values()}) == len(citizens())


def test_phones_are_unique_where_given() -> None:
    phones = [c.person.phone for c in citizens().values() if c.person.phone]
    assert len(set(phones)) == len(phones)
    assert {c.member.role for c in citizens().values() if not c.person.phone} == {"S05 father", "S04 elder"}


@pytest.mark.parametrize("person", PEOPLE)
def test_identity_number_is_correct_and_nobodys(person: Person) -> None:
    number = person.certificate_no
    assert len(number) == 18
    assert number[-1] == calc_check_digit(number)
    assert date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}") == person.birth_date
    assert int(number[16]) % 2 == (person.gender == "1")
    assert int(number[:2]) not in PROVINCES
    # Cards of foreigners begin with 9 and the province that gave them out.
    assert int(number[1:3]) not in PROVINCES


@pytest.mark.parametrize("person", PEOPLE)
def test_other_numbers_have_their_form(person: Person) -> None:
    assert len(person.person_no) == 26
    assert person.person_no.startswith(person.region)
    assert person.person_no.isdecimal()
    assert len(person.card_no) == 9
    assert person.card_no[0].isalpha()
    assert person.card_no[1:].isdecimal()
    assert person.phone == "" or (len(person.phone) == 11 and person.phone.startswith("1000000"))


@pytest.mark.parametrize("person", PEOPLE)
def test_record_fits_together(person: Person) -> None:
    assert (person.retired_on is not None) == (person.status is Status.RETIRED)
    assert bool(person.employer) == (person.scheme is Scheme.EMPLOYEE)
    assert (person.suspended_on is not None) == (person.insurance is Insurance.SUSPENDED)
    ages = {Status.CHILD: (0, 6), Status.STUDENT: (7, 18), Status.ADULT: (19, 59), Status.ELDERLY: (60, 120)}
    low, high = ages.get(person.status, (18, 120))
    assert low <= person.age_on(date(2026, 12, 31)) <= high


def test_every_kind_of_resident_may_draw_on_somebody() -> None:
    users = {request.user_certificate_no for request, _ in binding_requests()}
    statuses = {c.person.status for c in citizens().values() if c.person.certificate_no in users}
    assert statuses >= {Status.CHILD, Status.STUDENT, Status.ADULT, Status.ELDERLY}


def test_bindings_name_people_of_one_family() -> None:
    for family in families().families:
        names = {member.name for member in family.members}
        for bond in family.bindings:
            assert {bond.authoriser, bond.user} <= names


def test_everybody_who_is_bound_is_signed_for_after_sharing_opened_everywhere() -> None:
    assert families().signed_at.date() >= date(2024, 11, 25)


@pytest.mark.parametrize(
    ("role", "region", "balance"),
    [
        ("story father", "610100", 50_00),
        ("story son", "610400", 1000_00),
        ("S01 son", "610400", 1000_00),
        ("S01 father", "610100", 30_00),
        ("S07 father", "610100", 50_00),
        ("S07 daughter", "610100", 500_00),
        ("S11 member", "610100", 1234_56),
        ("S18 in-service", "310000", 500_00),
    ],
)
def test_the_stories_start_with_their_money(role: str, region: str, balance: int) -> None:
    citizen = next(c for c in citizens().values() if c.member.role == role)
    assert citizen.person.region == region
    assert sum(credit.amount for credit in citizen.credits) == balance


def test_shanghai_keeps_two_segments() -> None:
    for citizen in citizens().values():
        whole = {credit.segment for credit in citizen.credits} & {Segment.WHOLE}
        assert bool(whole) == (citizen.person.region != "310000" and bool(citizen.credits))


def test_shanghai_retirees_stand_on_both_sides_of_2001() -> None:
    late, early = person_of("S18 retiree").retired_on, person_of("S18 early retiree").retired_on
    assert late is not None
    assert early is not None
    assert early < date(2001, 1, 1) <= late
