"""How often a process looks for garbage (内存回收)."""

import gc
from typing import Final

YOUNG: Final = 20_000
"""New values before the young ones are looked through: a batch makes some hundred a settlement, and drops them all."""


def look_seldom() -> None:
    """Call first: nearly all that is made while a program loads stays, so that looking through it is in vain."""
    gc.set_threshold(YOUNG, 20, 20)


def settle_in() -> None:
    """Call once when all is loaded: code, rules and templates stay, and need not be looked through again."""
    look_seldom()
    gc.collect()
    gc.freeze()
