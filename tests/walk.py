"""Walk through a channel as a thumb does: from its first page down the labels, never by a known address."""

import html
import re
from typing import Any

import httpx


async def walk(client: Any, skin: str, *labels: str, place: str = "") -> httpx.Response:
    """Follow labels from the first page of a channel; where a place is asked for, choose ``place``.

    Raises:
        AssertionError: a page has no such label.
    """
    answer = await client.get(f"/c/{skin}")
    for label in labels:
        if place and "先选参保地" in answer.text:
            answer = await client.get(f"{answer.url.path}?place={place}")
        answer = await client.get(link(answer, label))
    return answer


def link(answer: httpx.Response, label: str) -> str:
    """Where a line of a menu leads."""
    found = re.search(rf'<a href="([^"]+)"><span>{re.escape(label)}(?:<small>|</span>)', answer.text)
    assert found, f"{answer.url}: no {label}"
    return html.unescape(found[1])


async def search(client: Any, skin: str, words: str, label: str) -> httpx.Response:
    """Search in a channel, and follow what it finds."""
    answer = await client.get(f"/c/{skin}?q={words}")
    assert f"“{words}”" in answer.text
    return await client.get(link(answer, label))


async def consent(client: Any, answer: httpx.Response, card_no: str) -> httpx.Response:
    """Bind the card and allow what the page asks for."""
    trail = re.search(r'name="trail" value="([^"]*)"', answer.text)
    assert trail, answer.url
    asked = await client.post(f"/c/{answer.url.path.split('/')[2]}/allow", trail=trail[1])
    assert asked.url.path == "/oauth/authorize", asked.url
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.text))
    fields.pop("_csrf_token")
    given = {name: html.unescape(value) for name, value in fields.items()}
    return await client.post("/oauth/authorize", **given, answer="yes", card_no=card_no)


def balance(answer: httpx.Response) -> str | None:
    """The balance a page shows, or None."""
    found = re.search(r'class="balance">([\d.]+)', answer.text)
    return found[1] if found else None
