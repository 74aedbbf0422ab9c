from typing import Final

from architecture.sizes import FILE_MAX, FUNCTION_MAX, beyond, files, functions, report

LONG_FUNCTIONS: Final[dict[str, str]] = {}
"""``path:function`` -> why it may be longer than the limit. One that has become short must leave the list."""

LONG_FILES: Final[dict[str, str]] = {}
"""The same for files."""


def test_functions_are_short_but_for_the_named_ones() -> None:
    print(report())  # noqa: T201 - shown with -rP: what is longer than the habit
    assert {size.what for size in beyond(functions(), FUNCTION_MAX)} == set(LONG_FUNCTIONS)


def test_files_are_short_but_for_the_named_ones() -> None:
    assert {size.what for size in beyond(files(), FILE_MAX)} == set(LONG_FILES)
