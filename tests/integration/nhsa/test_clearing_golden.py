"""3201 to 3204 to the letter: a pharmacy's day is compared, applied for and taken back."""

from datetime import datetime, timedelta
from typing import Any

from golden import Story
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service.applications import applications


async def test_clearing_is_told_as_the_contract_says(city: Any, dsn: str) -> None:
    shop, story = city.pharmacy, Story(city)
    bought = await shop.call("2102", shop.purchase(await city.person(10_000), "25.00"))
    info, today = bought.info, datetime.now(CHINA).date()
    row = "\t".join((info["setl_id"], info["mdtrt_id"], info["psn_no"], "25.00", "0.00", "24.00", "0"))
    sent = {"fsUploadIn": {"in": list(row.encode()), "filename": "list.txt", "fixmedins_code": shop.code}}
    story.issued |= {
        "today": str(today),
        "month": f"{today:%Y%m}",
        "file_qury_no 9101": (await shop.call("9101", sent)).output["file_qury_no"],
        "filename 3202": f"3202_{shop.code}_{today:%Y%m%d}_{today:%Y%m%d}_41.zip",
    }
    await story.play("3201")
    await story.play("3202")
    now = datetime.now(CHINA) + timedelta(days=2)
    city.platform.clock = lambda: now
    applied = await story.play("3203")
    story.issued["clr_appy_evt_id 3203"] = applied["result"]["clr_appy_evt_id"]
    books = await city.books()
    await story.play("3204")
    assert await city.books() == books
    [found] = await applications(city.platform, institution=shop.code)
    assert (found.state.value, found.amount) == ("withdrawn", 2_500)
    assert verify(dsn).ok
