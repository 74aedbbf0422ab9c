"""A message gateway as an operator runs one: a real HTTP server that can fail, be slow, or cut the line."""

import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KEY = "message-gateway-key-of-the-tests-32-and-more"


@dataclass
class Gateway:
    """``answers`` are used up one a request; after them every request gets the last one: a status, ``slow`` or ``cut``.

    ``slow`` takes the message but answers only after ``delay`` seconds; a status is answered after it as well.
    """

    answers: list[int | str] = field(default_factory=lambda: [200])
    delay: float = 0
    got: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                gateway.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        assert self._server
        return f"http://127.0.0.1:{self._server.server_port}/messages"

    @property
    def deliveries(self) -> list[str]:
        """Delivery ids in the order in which they came, repeats included."""
        return [message["delivery_id"] for message in self.got]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        size = int(request.headers["content-length"])
        body = request.rfile.read(size)
        if len(body) < size:
            return  # whoever asked was killed while he spoke
        delivery = request.headers["x-gongji-delivery"]
        expected = hmac.new(KEY.encode(), delivery.encode() + b"\n" + body, hashlib.sha256).hexdigest()
        with self._lock:
            if request.headers["x-gongji-signature"] != f"sha256={expected}":
                self.faults.append(f"{delivery}: wrong signature")
            self.got.append(json.loads(body))
            if self.got[-1]["delivery_id"] != delivery:
                self.faults.append(f"{delivery}: header and body differ")
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "cut":
            request.connection.close()
            return
        time.sleep(self.delay)
        try:
            request.send_response(200 if answer == "slow" else int(answer))
            request.send_header("content-length", "0")
            request.end_headers()
        except OSError:
            pass  # whoever asked did not wait
