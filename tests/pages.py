"""A person before the pages of a running server, without a browser: keeps cookies and brings the form's token."""

import html
import re
from typing import Any, Self

import httpx

from his import Server
from walk import link


class Pages(httpx.Client):
    """Signed in when it is entered; redirections are followed."""

    def __init__(self, server: Server, person: dict[str, Any]) -> None:
        super().__init__(base_url=server.portal, follow_redirects=True, timeout=30)
        self.person = person

    def __enter__(self) -> Self:
        super().__enter__()
        answer = self.send_form("/login", login=self.person["certno"], password=self.person["login"]["password"])
        assert answer.url.path != "/login", answer.text
        return self

    def send_form(self, path: str, **fields: str) -> httpx.Response:
        """Post a form with its token."""
        if "gongji_csrf" not in self.cookies:
            self.get("/login")
        return self.post(path, data={"_csrf_token": self.cookies["gongji_csrf"], **fields})

    def walk(self, skin: str, *labels: str, place: str = "") -> httpx.Response:
        """Follow labels from the first page of a channel; where a place is asked for, choose ``place``."""
        answer = self.get(f"/c/{skin}")
        for label in labels:
            if place and "先选参保地" in answer.text:
                answer = self.get(f"{answer.url.path}?place={place}")
            answer = self.get(link(answer, label))
        return answer

    def search(self, skin: str, words: str, label: str) -> httpx.Response:
        """Search in a channel, and follow what it finds."""
        return self.get(link(self.get(f"/c/{skin}", params={"q": words}), label))

    def follow(self, answer: httpx.Response, label: str) -> httpx.Response:
        """Follow a link by its label."""
        found = re.search(rf'<a [^>]*href="([^"]+)"[^>]*>{re.escape(label)}</a>', answer.text)
        assert found, f"{answer.url}: no {label}"
        return self.get(html.unescape(found[1]))
