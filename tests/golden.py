"""Requests and answers to the letter: the files under ``tests/contract/nhsa``, played as one story.

``GOLDEN=write`` writes the answers anew; look at the difference before you keep it.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "contract" / "nhsa"
_NOW = "inf_refmsgid|refmsg_time|respond_time|setl_time|sign_time|opt_time|qltctrl_time|dld_endtime|checkTime"
_ISSUED = "clr_appy_evt_id|diag_info_id|file_qury_no|setl_list_id|setl_list_sn|jr_id|jrd_id"
TRADE_TIMES = re.compile(r'"(hiTrnsDate|hiTrnsTime|traceTime)":"[0-9]+"')
AGE_TODAY = re.compile(r'"age":[0-9.]+')
"""1101 and its like tell the age of today, settlements that of the day of care."""

MASKED = re.compile(rf'"({_NOW}|{_ISSUED})":"[0-9a-f: -]+"')


class Story:
    """The identifiers that the platform issues have names in the files: ``<mdtrt_id 2201>``."""

    def __init__(self, city: Any) -> None:
        self.city = city
        self.issued: dict[str, str] = {}

    async def answer(self, infno: str, **headers: str) -> Any:
        """Send the request of the file and get the answer as it left."""
        request = (FOLDER / infno / "request.json").read_text("utf-8")
        for label, value in self.issued.items():
            request = request.replace(f"<{label}>", value)
        return await self.city.http.post(f"/nhsa/{infno}", content=request.encode(), headers=headers)

    async def play(self, infno: str, *issued: str) -> Any:
        """Send the request of the file, compare the answer with the file, and give its output.

        ``issued`` are the fields of the answer whose ids get a name for later requests.
        """
        response = await self.answer(infno)
        content: dict[str, Any] = response.json()
        assert content["infcode"] == 0, content
        self.issue(infno, content["output"])
        for name in issued:
            self.issued[f"{name} {infno}"] = _find(content["output"], name)
        self.compare(FOLDER / infno / "answer.json", response.content)
        return content["output"]

    def issue(self, infno: str, output: Any) -> None:
        """Give names to the ids of a settlement."""
        info = output.get("setlinfo") if isinstance(output, dict) else None
        if not info:
            return
        for name in ("setl_id", "mdtrt_id"):
            if info.get(name) and info[name] not in self.issued.values():
                self.issued[f"{name} {infno}"] = info[name]

    def compare(self, path: Path, received: bytes) -> None:
        """Equal to the letter: 100.00 is not 100."""
        text = MASKED.sub(r'"\1":"<\1>"', received.decode())
        text = TRADE_TIMES.sub(r'"\1":"<\1>"', text)
        if '"baseinfo":' in text:
            text = AGE_TODAY.sub('"age":"<age>"', text)
        for label, value in self.issued.items():
            text = text.replace(f'"{value}"', f'"<{label}>"')
        if os.environ.get("GOLDEN") == "write":
            path.write_text(pretty(text), "utf-8")
        assert pretty(text) == path.read_text("utf-8")


def _find(node: Any, name: str) -> str:
    if isinstance(node, dict):
        if node.get(name):
            return str(node[name])
        node = list(node.values())
    if isinstance(node, list):
        return next((found for part in node if (found := _find(part, name))), "")
    return ""


def pretty(text: str) -> str:
    """Indented JSON in which numbers keep their digits."""
    numbers: list[str] = []

    def kept(digits: str) -> str:
        numbers.append(digits)
        return f"#{len(numbers) - 1}#"

    shaped = json.dumps(json.loads(text, parse_float=kept, parse_int=kept), ensure_ascii=False, indent=2)
    return re.sub(r'"#(\d+)#"', lambda found: numbers[int(found[1])], shaped) + "\n"
