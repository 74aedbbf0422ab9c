"""Takes the pictures of the documentation: the demo city in a real browser, on a phone and at a desk.

``make pictures`` runs it. It starts a server of its own with fresh data, plays a small story, and writes
``docs/pictures/*.webp`` and the page that shows them, ``docs/pictures.md``.
"""

import io
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

DOCS: Final = Path(__file__).parents[3] / "docs"
FOLDER: Final = DOCS / "pictures"
SIZES: Final = {"phone": (360, 780, 2), "desktop": (1280, 800, 1)}
"""Width and height of the window, and dots of the picture for each of its own."""
SON, FATHER, OTHER_FATHER = "990601198405210052", "990501195502040033", "990501195410230032"
PASSWORD: Final = "gongji-demo"
QUALITY: Final = 70
STARTING: Final = 60

Walk = Callable[[Page], None]
ASK: Final = "/ask?region=西安&relation=parent&purpose=pharmacy"
QUOTE: Final = (
    "/quote?region=西安&status=retired&care=outpatient&level=3&amount=600&balance=50&shared=500&relation=parent"
)


def _path(path: str) -> Walk:
    return lambda page: page.goto(path) and None


def _settle(page: Page) -> None:
    page.goto("/cashier")
    page.get_by_label("定点医药机构").select_option("H61010090001")
    page.get_by_label("选一位演示人员").select_option(label="何立春（西安市）")
    page.get_by_label("或直接填金额（元）").fill("600")
    page.get_by_label("先本人，后共济").check()
    page.get_by_role("button", name="预结算").click()
    page.get_by_role("button", name="结算", exact=True).click()


def _notice(page: Page) -> None:
    page.goto("/family/new")


def _form(page: Page) -> None:
    _notice(page)
    page.get_by_label("已阅读").check()
    page.get_by_role("button", name="我已阅读并同意").click()
    page.get_by_label("证件号码").fill(OTHER_FATHER)
    page.get_by_label("姓名").fill("韩霜降")
    page.get_by_label("参保地").select_option("610100")
    page.get_by_label("使用人是您的").select_option("parent")
    page.get_by_label("每次最多").fill("200")
    page.evaluate("scrollTo(0, 0)")


def _commitment(page: Page) -> None:
    _form(page)
    page.get_by_role("button", name="查看个人承诺书并完成签名").click()
    pad = page.locator("canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0}
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 40 + step * 24, box["y"] + 60 + (step % 3) * 35)
    page.mouse.up()


def _binding(then: str = "") -> Walk:
    def walk(page: Page) -> None:
        page.goto("/family")
        page.get_by_role("link", name="限额和使用").first.click()
        if then:
            page.goto(page.url + then)

    return walk


def _receipt(page: Page) -> None:
    page.goto("/account")
    page.get_by_label("就医购药记录").get_by_role("link").first.click()


def _pay(page: Page) -> None:
    page.goto("/pay")
    page.get_by_label("给谁缴").select_option(label="柳谷雨（父母）")
    page.get_by_role("button", name="下一步").click()


def _elder(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="大字版").click()


def _english(page: Page) -> None:
    # Out of the channel that was entered above.
    page.goto("/c/leave")
    switch = page.get_by_role("button", name="English")
    if switch.count():
        switch.click()


def _english_notice(page: Page) -> None:
    _english(page)
    page.goto("/family/new")


SHOTS: Final[tuple[tuple[str, str, tuple[tuple[str, str, str, Walk], ...]], ...]] = (
    (
        "不用登录",
        "没有登录也能问、能算、能查。",
        (
            ("first", "首页", "", _path("/")),
            ("login", "登录", "", _path("/login")),
            ("ask", "能不能用", "", _path(ASK)),
            ("quote", "算一算", "", _path(QUOTE)),
            ("region", "地方专区", "", _path("/regions/610100")),
            ("help", "帮助", "", _path("/help")),
        ),
    ),
    (
        "父亲看病，儿子的账户付",
        "收费窗口（只在沙箱里）结一笔账，两个人各看到自己的部分。",
        (
            ("cashier", "收费窗口的结算单", "", _settle),
            ("home", "父亲的首页", FATHER, _path("/")),
            ("receipt", "父亲的结算单", FATHER, _receipt),
            ("records", "收支记录", FATHER, _path("/records")),
            ("voucher", "医保码", FATHER, _path("/voucher")),
            ("uses", "儿子看到家人用了多少", SON, _path("/family/uses")),
            ("messages", "消息", SON, _path("/messages")),
        ),
    ),
    (
        "绑定一位家人",
        "告知书、填写信息、承诺并签名；以后可以改限额、打印凭条。",
        (
            ("bind-notice", "告知书", SON, _notice),
            ("bind-form", "填写信息", SON, _form),
            ("bind-sign", "承诺并签名", SON, _commitment),
            ("family", "家庭共济", SON, _path("/family")),
            ("binding", "一份绑定", SON, _binding()),
            ("limits", "限额", SON, _binding("/limits")),
            ("slip", "绑定凭条", SON, _binding("/slip")),
        ),
    ),
    (
        "缴费、钱包和设置",
        "缴费前先看金额和谁付；第三方渠道要本人授权。",
        (
            ("pay", "确认缴费", SON, _pay),
            ("wallet", "医保钱包", SON, _path("/wallet")),
            ("me", "我的", SON, _path("/me")),
            ("channel-app", "从医保 App 进入（模拟）", SON, _path("/c/national_app")),
            ("channel-alipay", "第三方渠道先要授权", SON, _path("/c/alipay/市民中心/社保/医保账户查询")),
        ),
    ),
    (
        "大字版和英文",
        "每一页上都可以切换，只记在这台设备上。",
        (
            ("elder", "大字版", FATHER, _elder),
            ("english", "English", SON, _english),
            ("english-bind", "English: binding a relative", SON, _english_notice),
        ),
    ),
)


@contextmanager
def server() -> Iterator[str]:
    """A fresh demo city on free ports; yields its address."""
    with tempfile.TemporaryDirectory() as data, socket.socket() as one, socket.socket() as two:
        for probe in (one, two):
            probe.bind(("127.0.0.1", 0))
        ports = [str(probe.getsockname()[1]) for probe in (one, two)]
        one.close()
        two.close()
        gongji = str(Path(sys.executable).with_name("gongji"))
        command = [gongji, "up", "--demo", "--data", data, "--port", ports[0], "--gateway-port", ports[1]]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{ports[0]}"
            _wait(address)
            yield address
        finally:
            running.terminate()
            running.wait(STARTING)


def _wait(address: str) -> None:
    for _ in range(STARTING * 2):
        try:
            if httpx.get(f"{address}/healthz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise SystemExit("服务没有启动")


def _window(browser: Browser, address: str, size: str, who: str) -> Page:
    width, height, scale = SIZES[size]
    view = {"width": width, "height": height}
    context = browser.new_context(viewport=view, device_scale_factor=scale, base_url=address, locale="zh-CN")
    page = context.new_page()
    if who:
        page.goto("/login")
        page.get_by_label("证件号码或社保卡号").fill(who)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(re.compile("/$"))
    return page


def _keep(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


def take(browser: Browser, address: str) -> None:
    """Take every picture in both sizes; each person keeps one window a size."""
    for size in SIZES:
        windows: dict[str, Page] = {}
        for _, _, shots in SHOTS:
            for name, _, who, walk in shots:
                if who not in windows:
                    windows[who] = _window(browser, address, size, who)
                walk(windows[who])
                _keep(windows[who], f"{name}-{size}")


def page_of_pictures() -> str:
    """The page that shows them."""
    lines = [
        "<!-- 由 make pictures 生成，不要手工修改：改 tests/acceptance/web/pictures.py。 -->",
        "",
        "# 页面图片",
        "",
    ]
    lines += ["演示城市里的页面，左边手机，右边电脑。人物、机构、金额全部虚构。", ""]
    for title, lead, shots in SHOTS:
        lines += [f"## {title}", "", lead, ""]
        for name, what, _, _ in shots:
            lines += [f"### {what}", ""]
            lines += [f'<img src="pictures/{name}-phone.webp" alt="{what}，手机" width="220">']
            lines += [f'<img src="pictures/{name}-desktop.webp" alt="{what}，电脑" width="560">', ""]
    return "\n".join(lines)


def main() -> None:
    """Take them all anew."""
    binary = shutil.which("chromium")
    if binary is None:
        raise SystemExit("没有找到 Chromium，请先运行 make browser")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with server() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox", "--disable-gpu"])
        take(browser, address)
        browser.close()
    (DOCS / "pictures.md").write_text(page_of_pictures(), "utf-8")
    total = sum(file.stat().st_size for file in FOLDER.iterdir())
    sys.stdout.write(f"{len(list(FOLDER.iterdir()))} pictures, {total:,} bytes\n")


if __name__ == "__main__":
    main()
