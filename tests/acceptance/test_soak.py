"""Killed again and again while many institutions settle: every answer is in the books, once; ten minutes by command."""

import pytest

from gongji.bench.soak import run


@pytest.mark.slow
def test_a_short_soak_loses_nothing() -> None:
    found = run(15, seed=3, tell=print)
    assert found.ok, found
    assert sum(found.killed.values()) > 0
    assert found.retried > 0
