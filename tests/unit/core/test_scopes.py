"""Scopes are read strictly, and every one can be explained."""

import pytest

from gongji.core.scopes import Scope, read_scopes


def test_every_scope_has_its_own_words() -> None:
    assert len({scope.label for scope in Scope}) == len(Scope)


def test_a_list_is_read_in_our_order_and_once() -> None:
    wanted = read_scopes("settlements:read  account:read settlements:read")
    assert wanted == (Scope.ACCOUNT_READ, Scope.SETTLEMENTS_READ)
    assert read_scopes("") == ()


@pytest.mark.parametrize("text", ["all", "account:read,wallet", "ACCOUNT:READ", "account:*"])
def test_unknown_scopes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid Scope"):
        read_scopes(text)


def test_what_changes_something_is_marked() -> None:
    assert [scope for scope in Scope if scope.changes] == [
        Scope.BINDINGS_WRITE,
        Scope.PREMIUMS_WRITE,
        Scope.WALLET,
        Scope.VOUCHER,
        Scope.RECONCILE,
    ]
