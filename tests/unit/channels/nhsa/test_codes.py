"""National codes: every value of the core has one, and every code is in the specification's dictionary."""

import pytest

from gongji.channels.nhsa import codes, tables
from gongji.core.case import AccountUse
from gongji.core.codes import Care, Insurance, Scheme, Status
from gongji.core.refusal import Refusal


@pytest.mark.parametrize(
    ("mapping", "values"),
    [
        (codes.INSUTYPE, Scheme),
        (codes.PSN_TYPE, Status),
        (codes.PSN_INSU_STAS, Insurance),
        (codes.MED_TYPE_OF_CARE, Care),
        (codes.CLR_TYPE, Care),
        (codes.POOL_FUND, Scheme),
        (codes.SUPPLEMENTARY_FUND, Scheme),
    ],
)
def test_every_value_has_a_code(mapping: dict[object, str], values: type) -> None:
    assert mapping.keys() == set(values)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("insutype", codes.INSUTYPE.values()),
        ("psn_type", codes.PSN_TYPE.values()),
        ("psn_insu_stas", codes.PSN_INSU_STAS.values()),
        ("mdtrt_cert_type", codes.MDTRT_CERT_TYPE),
        ("clr_type", codes.CLR_TYPE.values()),
        ("clr_way", [codes.CLR_WAY_BY_ITEM]),
        ("acct_used_flag", codes.ACCT_USED_FLAG),
        ("chrgitm_lv", codes.CHRGITM_LV.values()),
        ("med_chrgitm_type", [*codes.MED_CHRGITM_TYPE.values(), codes.OTHER_CHARGE]),
        ("list_type", [*codes.LIST_TYPE.values(), codes.SERVICE_LIST]),
        ("fund_pay_type", [*codes.POOL_FUND.values(), *codes.SUPPLEMENTARY_FUND.values(), codes.PERSONAL_ACCOUNT]),
        ("pay_loc", [codes.PAID_AT_INSTITUTION]),
    ],
)
def test_codes_are_in_the_dictionary(name: str, used: list[str]) -> None:
    assert set(used) <= tables.dictionary(name).keys()


def test_account_use_is_read_in_one_or_two_digits() -> None:
    assert [codes.account_use_of(flag) for flag in ("0", "00", "1", "01", "2", "02")] == [
        AccountUse.NONE,
        AccountUse.NONE,
        AccountUse.OWN,
        AccountUse.OWN,
        AccountUse.OWN_THEN_SHARED,
        AccountUse.OWN_THEN_SHARED,
    ]


@pytest.mark.parametrize("flag", ["3", "10", "x", "000"])
def test_other_account_use_is_refused(flag: str) -> None:
    refusal = codes.account_use_of(flag)
    assert isinstance(refusal, Refusal)
    assert flag in refusal.text


@pytest.mark.parametrize("med_type", ["21", "51", "", "9901"])
def test_care_with_rules_of_its_own_is_refused(med_type: str) -> None:
    assert isinstance(codes.care_of(med_type), Refusal)
