import pytest

from architecture.project import DOCS
from architecture.reference_pages import PAGES


@pytest.mark.parametrize("file", PAGES)
def test_the_page_says_what_the_code_says(file: str) -> None:
    written = (DOCS / "reference" / file).read_text("utf-8")
    assert written == PAGES[file](), "run: python tests/architecture/reference_pages.py"
