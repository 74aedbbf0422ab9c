"""What differs of the day's own rows is told; rows from before are held to be right, and sent along."""

import io
import zipfile
from datetime import date
from typing import Any

from gongji.demo.evening import reconcile
from gongji.demo.his import Desk

TODAY = date(2026, 1, 5)
OWN = "S2\tV2\tP2\t20.00\t5.00\t15.00\t0"


class Told(Desk):
    """A desk whose platform compares by settlement and amount, and has one settlement from before the day."""

    def __init__(self, books: dict[str, str]) -> None:
        city = {"gateway": "http://127.0.0.1:9", "portal": "http://127.0.0.1:9", "people": []}
        super().__init__(city, "RUN")
        self.platform, self.sent = books, [""]

    def call(self, institution: str, infno: str, content: dict[str, Any]) -> Any:  # noqa: ARG002 - as a desk has it
        if infno == "9101":
            with zipfile.ZipFile(io.BytesIO(bytes(content["fsUploadIn"]["in"]))) as archive:
                self.sent = archive.read("list.txt").decode().splitlines()
            return {"file_qury_no": "1"}
        assert content["data"]["fixmedins_setl_cnt"] == len(self.sent)
        return {"fileinfo": {"file_qury_no": "2", "filename": "d.zip"}}

    def fetch(self, institution: str, infno: str, content: dict[str, Any]) -> bytes:  # noqa: ARG002 - the same
        stated = {row.split("\t")[0]: row for row in self.sent}
        rows = []
        for settlement, row in self.platform.items():
            if stated.get(settlement) != row:
                _, visit, person, *amounts, flag = row.split("\t")
                message = "HRUN1" if settlement == "S2" else "HOLD"
                rows.append("\t".join((person, visit, settlement, message, "1", flag, "不一致", *amounts)))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("d.txt", "".join(f"{row}\n" for row in rows))
        return packed.getvalue()


def differing(books: dict[str, str]) -> list[str]:
    desk = Told(books)
    desk.books.rows["H1", "610100"] = [OWN]
    return reconcile(desk, TODAY, TODAY)


def test_rows_of_before_are_no_difference() -> None:
    assert differing({"S1": "S1\tV1\tP1\t9.00\t4.00\t5.00\t0", "S2": OWN}) == []


def test_a_row_of_the_day_that_differs_is_told() -> None:
    assert differing({"S2": OWN.replace("20.00", "20.01")}) == ["H1 S2：不一致"]
