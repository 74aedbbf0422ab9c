"""Institutions and catalogue of the demo city have the forms of real ones."""

import re

import pytest

from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import ItemKind, Level
from gongji.core.person import Institution
from gongji.demo.market import catalogue, credentials, institutions, limits, practitioners

FORMS = {
    "western_drug": r"X[A-Z0-9]{22}",
    "chinese_patent": r"Z[A-Z0-9]{19}",
    "vaccine": r"X[A-Z0-9]{22}",
    "self_prepared": r"Z[A-Z0-9]{19}",
    "ethnic_drug": r"Z[A-Z0-9]{19}",
    "herbal_medicine": r"T\d{19}",
    "herbal_granule": r"T\d{19}",
    "consumable": r"C\d{19}",
    "device": r"C\d{19}",
    "disinfectant": r"C\d{19}",
}
SERVICE = r"99\d{13}"


def test_institutions_have_the_promised_kinds() -> None:
    assert len(institutions()) >= 12
    hospitals = {i.level for i in institutions() if i.region == "610100" and i.kind == "hospital"}
    assert hospitals == {Level.FIRST, Level.SECOND, Level.THIRD}
    assert any(i.community for i in institutions())
    outside = [(i.region, i.kind) for i in institutions() if not i.designated]
    assert sorted(outside) == [("110000", "clinic"), ("110000", "hospital"), ("610100", "clinic")]
    assert all(i.name.endswith("（非定点）") != i.designated for i in institutions())
    for region in ("110000", "150100", "310000", "360100", "370200", "450100", "610100"):
        assert {i.kind for i in institutions() if i.region == region} >= {"hospital", "pharmacy"}


@pytest.mark.parametrize("institution", institutions(), ids=lambda i: i.name)
def test_institution_code_has_its_form(institution: Institution) -> None:
    letter = "P" if institution.kind == "pharmacy" else "H"
    assert re.fullmatch(rf"{letter}{institution.region}\d{{5}}", institution.code)
    assert (institution.level is None) == (institution.kind == "pharmacy")


def test_codes_and_keys_are_unique() -> None:
    codes = [i.code for i in institutions()]
    assert len(set(codes)) == len(codes)
    assert len({str(credentials(code)) for code in codes}) == len(codes)
    items = [item.code for item in catalogue()]
    assert len(set(items)) == len(items) >= 25


def test_secrets_say_that_they_are_for_the_sandbox() -> None:
    keys = credentials("H61010090001")
    assert set(keys) == {"x_tif", "api", "x_ca", "apikey"}
    for secret in (keys["x_tif"]["secret"], keys["api"]["secret"], keys["x_ca"]["secret"], keys["apikey"]):
        assert secret.startswith("sandbox-only-")


@pytest.mark.parametrize("item", catalogue(), ids=lambda i: i.name)
def test_catalogue_item_has_its_form(item: CatalogueItem) -> None:
    assert re.fullmatch(FORMS.get(item.kind, SERVICE), item.code)
    assert item.price > 0
    assert (item.first_self_pay > 0) == (item.level == "乙")
    assert item.price_limit is None or item.price_limit < item.price


def test_catalogue_has_every_kind_and_level_and_a_price_limit() -> None:
    assert {item.kind for item in catalogue()} == set(ItemKind)
    assert {item.level for item in catalogue()} == {"甲", "乙", "丙"}
    assert any(item.price_limit is not None for item in catalogue())


def test_ct_is_paid_first_by_a_fifth() -> None:
    ct = next(item for item in catalogue() if item.name.startswith("CT"))
    assert (ct.first_self_pay, ct.price) == (2000, 180_00)


def test_limits_are_of_items_of_the_catalogue() -> None:
    assert {limit.item for limit in limits()} <= {item.code for item in catalogue()}
    assert all(limit.basis for limit in limits())


def test_practitioners_are_told_apart_everywhere() -> None:
    everybody = [one for place, i in enumerate(institutions(), start=1) for one in practitioners(i, place)]
    assert len({one.code for one in everybody}) == len(everybody)
    assert len({one.certificate_no for one in everybody}) == len(everybody)
    assert all(re.fullmatch(r"[A-Z]{1,2}\d{12}", one.code) and len(one.certificate_no) == 18 for one in everybody)
