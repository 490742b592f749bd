"""JSON-RPC nodes over real HTTP whose answers a test decides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from profiles.testing.http import QuietHandler, serving

if TYPE_CHECKING:
    from nft.testing.chain import Chain

Answer = Callable[[str, list[Any]], Any]
"""Gets method and parameters. Returns the result, or an exception whose text becomes the JSON-RPC error."""


@contextmanager
def serve_json(reply: Callable[[Any], Any]) -> Iterator[str]:
    """Answer the JSON of every POST with `reply` of it. Yield the URL."""

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            content = json.dumps(reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with serving(Handler) as url:
        yield url


@dataclass
class FakeNode:
    answer: Answer
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request["method"])
        result = self.answer(request["method"], request["params"])
        failed = isinstance(result, Exception)
        content = {"error": {"code": -32000, "message": str(result)}} if failed else {"result": result}
        return {"jsonrpc": "2.0", "id": request["id"], **content}


@contextmanager
def fake_node(answer: Answer) -> Iterator[FakeNode]:
    node = FakeNode(answer)
    with serve_json(node.reply) as node.url:
        yield node


@contextmanager
def relaying_node(
    chain: Chain,
    *,
    refuse: Callable[[Any], bool] = lambda _: False,
    change: Callable[[dict[str, Any], Any], Any] = lambda _, result: result,
) -> Iterator[tuple[str, list[Any]]]:
    """Yield the URL of a node that passes requests on to the real one, and the list of requests it got.

    It refuses a request (a dict, or a list for a batch) if `refuse` says so. The result of a single request goes
    through `change`, which gets the request and the result.
    """
    asked: list[Any] = []

    def reply(request: Any) -> Any:
        asked.append(request)
        if refuse(request):
            return {"jsonrpc": "2.0", "id": 0, "error": {"code": -32005, "message": "limit exceeded"}}
        answer = requests.post(chain.url, json=request, timeout=20).json()
        if isinstance(answer, dict) and "result" in answer:
            answer["result"] = change(request, answer["result"])
        return answer

    with serve_json(reply) as url:
        yield url, asked
