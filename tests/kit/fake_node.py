"""A JSON-RPC node over real HTTP whose answers a test decides."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[str, list[Any]], Any]
"""Gets method and parameters. Returns the result, or an exception whose text becomes the JSON-RPC error."""


@dataclass
class FakeNode:
    answer: Answer
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def reply(self, request: dict[str, Any]) -> bytes:
        self.asked.append(request["method"])
        result = self.answer(request["method"], request["params"])
        failed = isinstance(result, Exception)
        content = {"error": {"code": -32000, "message": str(result)}} if failed else {"result": result}
        return json.dumps({"jsonrpc": "2.0", "id": request["id"], **content}).encode()


@contextmanager
def fake_node(answer: Answer) -> Iterator[FakeNode]:
    node = FakeNode(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = node.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Log nothing: pytest shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    node.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield node
    finally:
        server.shutdown()
        server.server_close()
