"""Uses the site as a person does, and traces each flow. Web requests and Celery tasks run in this process.

Arguments: a JSON file (the chain's URL and the contracts) and a picture. Prints one line of JSON: the counts by flow.
"""

from __future__ import annotations

import heapq
import json
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from queue import Empty
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after setup
from eth_account import Account  # noqa: E402

from avatarsite.celery import app  # noqa: E402
from avatarsite.queues import QUEUES  # noqa: E402
from avatarsite.wsgi import application  # noqa: E402
from bench.lanes import BenchError  # noqa: E402
from bench.peers.tracing import Trace, Tracer  # noqa: E402
from bench.transactions import Sender  # noqa: E402
from bench.visitor import CHAIN_ID, Visitor  # noqa: E402
from localstack.chain import LocalChain, read_artifact  # noqa: E402
from profiles.celery import schedule  # noqa: E402

PATIENCE = 90.0
SHAPES = 2
WATCHER = f"nft.watching.watcher.watch_chain({CHAIN_ID})"


class Worker:
    """Runs the tasks of all queues in this thread, those with a delay when they are due."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._connection = app.connection_for_read()
        self._queues = [self._connection.SimpleQueue(name) for name in QUEUES]
        self._delayed: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()
        app.loader.import_default_modules()

    def run_until(self, holds: Callable[[], bool], what: str) -> None:
        """Run tasks until the condition holds, whose own requests are not traced.

        Raises BenchError after PATIENCE seconds.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            with self._tracer.pause():
                if holds():
                    return
            if time.monotonic() > deadline:
                raise BenchError(f"After {PATIENCE:.0f} s this was not reached: {what}.")
            if not self.run_due():
                time.sleep(0.1)

    def run_due(self) -> bool:
        """Run all tasks that are due, and those that they queue. Return whether there were any."""
        ran = False
        while (task := self._next()) is not None:
            task()
            ran = True
        return ran

    def run_periodic(self, prefix: str) -> None:
        """Run the entries of the schedule whose name begins with `prefix`, then what they queue."""
        entries = [entry for name, entry in schedule(QUEUES).items() if name.startswith(prefix)]
        if not entries:
            raise BenchError(f"The schedule has no entry “{prefix}…”.")
        for entry in entries:
            app.tasks[entry["task"]](*entry.get("args", ()))
        self.run_due()

    def _next(self) -> Callable[[], object] | None:
        for queue in self._queues:
            try:
                message = queue.get_nowait()
            except Empty:
                continue
            arguments, keywords, _ = message.payload
            message.ack()
            due = _read_time(message.headers.get("eta"))
            task: Callable[[], object] = partial(app.tasks[message.headers["task"]], *arguments, **keywords)
            heapq.heappush(self._delayed, (due, next(self._numbers), task))
        if self._delayed and self._delayed[0][0] <= time.time():
            return heapq.heappop(self._delayed)[2]
        return None


class Flows:
    """The flows, in the order in which they need each other."""

    def __init__(self, case: dict[str, str], picture: bytes, site: str, tracer: Tracer) -> None:
        self._picture = picture
        self._tracer = tracer
        self._worker = Worker(tracer)
        self._chain = LocalChain(case["url"])
        contract = self._chain.w3.eth.contract
        self._avatars = contract(address=case["avatars"], abi=read_artifact("AvatarToken")["abi"])  # type: ignore[call-overload]
        self._shapes = contract(address=case["shapes"], abi=read_artifact("OnchainShapes")["abi"])  # type: ignore[call-overload]
        self._visitor = Visitor(site, handle="alice")
        self._sender = Sender(self._chain.w3, self._visitor.account)
        self._token = 0
        self.counts: dict[str, dict[str, int]] = {}

    def run(self) -> None:
        self._sign_in()
        self._visitor.choose_handle()
        self._upload()
        self._search_gallery()
        self._mint()
        self._claim()
        self._transfer()

    @contextmanager
    def _traced(self, flow: str) -> Iterator[None]:
        # What was queued before must not count for this flow.
        self._worker.run_due()
        trace = Trace()
        with self._tracer.record(trace):
            yield
        self.counts[flow] = trace.counts()

    def _sign_in(self) -> None:
        self._visitor.get("/accounts/login/")
        with self._traced("SIWE sign-in (both calls)"):
            self._visitor.sign_in()

    def _upload(self) -> None:
        with self._traced("upload: POST, then `GET /avatar/<handle>`"):
            self._visitor.upload(self._picture)
            self._visitor.get("/avatar/alice")

    def _search_gallery(self) -> None:
        self._worker.run_until(self._is_searched, "the first search for tokens is done")
        for _ in range(SHAPES):
            self._send(self._shapes.functions.mint(self._visitor.account.address))
        self._chain.finalize()
        with self._traced("gallery: search → pictures → page"):
            self._visitor.post("/settings/tokens/held/search/")
            self._worker.run_until(self._is_searched, "the search for tokens is done")
            self._worker.run_due()
            page = self._visitor.get("/settings/tokens/").text
            self._visitor.get(_find(r'src="(/settings/tokens/held/[^"]*/picture\.webp)', page))

    def _is_searched(self) -> bool:
        return bool(self._visitor.get("/settings/tokens/held/progress.json").json()["done"])

    def _mint(self) -> None:
        form = self._visitor.get("/mint/").text
        account = _find(r'<option value="([0-9a-f-]{36})"', form)
        data = {"name": "Dawn", "account": account, "key": str(uuid.uuid4()), "payer": "wallet"}
        with self._traced("mint: order → confirmed"):
            answer = self._visitor.post(
                "/mint/", data=data, files={"image": ("dawn.webp", self._picture, "image/webp")}
            )
            path = answer.headers["Location"]
            self._visitor.post(f"{path}publish/")
            status = partial(self._status, path)
            self._worker.run_until(lambda: "transaction" in status(), "the mint waits for a signature")
            transaction = status()["transaction"]
            sent = self._sender.send_data(transaction["to"], transaction["data"])
            self._visitor.post(f"{path}sent/", json={"tx_hash": sent.to_0x_hex()})
            self._sender.wait_until_mined(sent)
            self._chain.finalize()
            self._worker.run_until(lambda: bool(status()["done"]), "the mint is confirmed")
        if status()["state"] != "confirmed":
            raise BenchError(f"The mint failed: {status()}")
        receipt = self._chain.w3.eth.get_transaction_receipt(sent)
        self._token = int(self._avatars.events.Minted().process_receipt(receipt)[0]["args"]["tokenId"])

    def _status(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self._visitor.get(f"{path}status.json").json()
        return found

    def _claim(self) -> None:
        with self._traced("claim: POST → verify → media → receipt"):
            self._visitor.claim(self._avatars.address, self._token)
            self._worker.run_until(lambda: self._visitor.shows(self._token), "the claimed picture is shown")
            self._visitor.receipt()

    def _transfer(self) -> None:
        # The first run of a watcher only sets its cursor to the newest block.
        self._worker.run_periodic(WATCHER)
        functions = self._avatars.functions
        self._send(functions.transferFrom(self._visitor.account.address, Account.create().address, self._token))
        with self._traced("transfer: event → mark off → decided"):
            self._worker.run_periodic(WATCHER)
            self._worker.run_until(lambda: not self._visitor.receipt()["mark"], "the mark is off")
            self._chain.finalize()
            self._worker.run_periodic(WATCHER)
            self._worker.run_until(lambda: not self._visitor.receipt()["provenance"], "the former picture is shown")

    def _send(self, call: Any) -> None:
        self._sender.wait_until_mined(self._sender.send(call))


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""


def main(case: dict[str, str], picture: bytes) -> dict[str, dict[str, int]]:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    tracer = Tracer()
    tracer.install()
    with make_server("127.0.0.1", 0, application, handler_class=_QuietHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        flows = Flows(case, picture, f"http://127.0.0.1:{server.server_port}", tracer)
        flows.run()
        server.shutdown()
    return flows.counts


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise BenchError(f"The page has nothing like {pattern}.")
    return found.group(1)


def _read_time(text: str | None) -> float:
    """Return the POSIX time of a task's eta, 0 without any. An eta without a time zone is in UTC."""
    if text is None:
        return 0.0
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]).read_bytes())))
