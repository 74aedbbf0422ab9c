"""Addresses hint at the transaction."""

import pytest

from gongji.channels.nhsa.addressing import COMMON_PATHS, SERVICE_PATHS, hinted_infno

HINTS = [
    ("/ybcs/2207", "2207"),
    ("/ebus/gdyb_api/prd/hsa/hgs/2203A/", "2203A"),
    ("/x/100001", "100001"),
    ("/gw/fsi/api/outpatientSettleService/saveSettletmentV2", "2207"),
    ("/fsi/api/outpatientSettleService/saveSettletmentA", "2207A"),
    ("/fsi/api/catalogdownservice/downCatalog1301", "1301"),
    ("/ebus/rio_fsi/fsi/api/signInSignOutService/signIn", "9001"),
    ("/fsi/api/signInSignOutService/other", None),
    ("/2207/callService", None),
    ("", None),
    ("/", None),
    ("/v1/12345678", None),
]


@pytest.mark.parametrize(("path", "infno"), HINTS)
def test_hints(path: str, infno: str | None) -> None:
    assert hinted_infno(path) == infno


def test_every_service_path_hints_at_its_code() -> None:
    assert {code: hinted_infno(path) for code, path in SERVICE_PATHS.items()} == {code: code for code in SERVICE_PATHS}


@pytest.mark.parametrize("path", COMMON_PATHS)
def test_common_paths_hint_at_nothing(path: str) -> None:
    assert hinted_infno(path) is None
