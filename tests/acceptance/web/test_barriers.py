"""No page has a barrier that axe calls serious, at any width (无障碍)."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe

from every_page import every_page, windows_of

SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize("size", ["phone", "tablet", "desktop"])
async def test_no_serious_barrier(size: str, browse: Any, log_in: Any, shoot: Any) -> None:
    windows = await windows_of(browse, log_in, size)
    found = []
    for who, path in every_page():
        page = windows[who]
        await page.goto(path)
        await shoot(page, f"{who or 'guest'}{path.split('?')[0].replace('/', '-')}-{len(path)}-{size}")
        results = await Axe().run(page)
        found += [
            f"{path}: {one['id']}: {node['html'][:120]}"
            for one in results.response["violations"]
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]
    assert found == []
