"""Words of statements: every kind of journal that the books may hold has a name, and belongs to a business."""

import re

from gongji.core.codes import Business
from gongji.ledger.sql import texts
from gongji.service.statements import KINDS


def test_every_kind_of_journal_has_a_name_and_a_business() -> None:
    schema = "".join(texts("schema"))
    listed = re.search(r"create table journal \(.*?check \(kind in \((.*?)\)\)", schema, re.DOTALL)
    assert listed
    kinds = set(re.findall(r"'(\w+)'", listed[1]))
    assert "partial_return" in kinds
    # A statement is about what is owed, and leaves out what was paid of it.
    assert set(KINDS) == kinds - {"clearing"}
    assert {kind for business in Business for kind in business.kinds} == kinds
