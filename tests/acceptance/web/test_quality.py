"""What every page owes to whoever reads it: on a small screen, with a keyboard, without scripts, in large type."""

from typing import Any

from every_page import every_page, windows_of


async def test_large_type_and_zoom_fit(browse: Any, log_in: Any, shoot: Any) -> None:
    """The large pages on a phone, and everything at twice the size: half the width."""
    windows = await windows_of(browse, log_in, "phone")
    for page in windows.values():
        await page.goto("/style")
        await _press_and_wait(page, "大字版")
        assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "22px"
    for who, path in every_page():
        await windows[who].goto(path)
        await shoot(windows[who], f"elder-{who or 'guest'}{path.split('?')[0].replace('/', '-')}-{len(path)}")
    for page in windows.values():
        await _press_and_wait(page, "标准版")
        await page.set_viewport_size({"width": 320, "height": 568})
    for who, path in every_page():
        await windows[who].goto(path)
        await shoot(windows[who], f"narrow-{who or 'guest'}{path.split('?')[0].replace('/', '-')}-{len(path)}")


async def _press_and_wait(page: Any, button: str) -> None:
    """The button sends a form: what is asked next is asked of the page that comes back."""
    async with page.expect_navigation():
        await page.get_by_role("button", name=button).click()


async def test_ask_and_quote_without_scripts_by_keyboard(browse: Any) -> None:
    page = await browse("phone", script=False)
    await page.goto("/ask")
    await page.get_by_label("账户本人在哪里参保").fill("西安")
    await page.keyboard.press("Tab")
    await page.get_by_label("给谁用").select_option("parent")
    await page.get_by_label("付什么钱").select_option("pharmacy")
    await page.get_by_label("付什么钱").focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    assert await page.locator(":focus").inner_text() == "问一下"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/ask?**")
    assert "可以" in await page.get_by_role("status").inner_text()
    await page.goto(
        "/quote?region=西安&status=retired&care=outpatient&level=3&amount=600&balance=50&shared=500&relation=parent"
    )
    shown = [await one.inner_text() for one in await page.locator(".parts b").all()]
    # 600 less the deductible of 200; 55% for the retired at level three; own 50; the son the rest.
    assert shown == ["220.00", "50.00", "330.00", "0.00"]


async def test_first_page_is_light(browse: Any) -> None:
    """Under 60 KB with everything it needs, of which only the style sheet holds the picture back."""
    page = await browse("phone")
    sizes: dict[str, int] = {}

    async def note(response: Any) -> None:
        sizes[response.url] = len(await response.body())

    page.on("response", note)
    await page.goto("/", wait_until="networkidle")
    assert sum(sizes.values()) < 60_000, sizes
    blocking = await page.locator("head link[rel=stylesheet], head script:not([defer])").count()
    assert blocking == 1


async def test_slow_network_waits_for_one_thing_only(browse: Any, town: Any) -> None:
    """Slow 3G: beside the page itself only the style sheet is waited for, and one signs in all the same."""
    page = await browse("phone")
    network = await page.context.new_cdp_session(page)
    await network.send("Network.enable")
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    await network.send("Network.emulateNetworkConditions", slow)
    await page.goto("/login")
    assert await _waited_for(page) == {"style.css"}
    await page.get_by_label("证件号码或社保卡号").fill(town.people["son"].certificate_no)
    await page.get_by_label("密码").fill("demo-pass-1")
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_url("**/")
    # The style sheet is kept by the browser now; nothing else holds the page back.
    assert await _waited_for(page) <= {"style.css"}


async def _waited_for(page: Any) -> set[str]:
    """Names of the files that a page could not be shown without."""
    entries = "performance.getEntriesByType('resource').filter(e => e.renderBlockingStatus === 'blocking')"
    return {name.rpartition("/")[2] for name in await page.evaluate(f"{entries}.map(e => e.name)")}


async def test_desktop_pages_fit_at_twice_the_size(browse: Any, log_in: Any, shoot: Any) -> None:
    """200% zoom at a desk: half as many dots, each twice as large."""
    windows = await windows_of(browse, log_in, "desktop")
    for page in windows.values():
        await page.set_viewport_size({"width": 640, "height": 400})
    for who, path in every_page():
        await windows[who].goto(path)
        await shoot(windows[who], f"zoom-{who or 'guest'}{path.split('?')[0].replace('/', '-')}-{len(path)}")
