"""Kill workers (SIGKILL) at a chosen moment: real processes with real connections that can't clean up."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import connection, connections

from nft.clients.evm.chain import ChainClient
from profiles import jobs

WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE)", re.IGNORECASE)


def dies_at(moment: int, work: Callable[[], Any]) -> bool:
    """Run `work` in a child process that is killed at its n-th moment, counted from 1. Return False if it completed.

    A moment is before each request to a chain, after a transaction was sent, and after each row was written, before
    its database transaction is committed. `work` must make its own ChainClient: processes must not share sockets.
    """
    connections.close_all()  # or the child's exit would close our own
    child = os.fork()
    if child == 0:
        # Django keeps connections by event loop, and a browser leaves one running in the test's thread. The child has
        # none, and finds the connection that was opened before the browser.
        for alias in connections:
            with suppress(AttributeError):  # none was made
                del connections[alias]
        _live_until(moment, work)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the worker failed by itself"
    return False


def _live_until(moment: int, work: Callable[[], Any]) -> None:
    left = moment

    def tick() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    jobs.queue_with(lambda *job, **options: None)  # without a queue: the sweep finds due rows in the database
    _watch_chain(tick)
    try:
        with connection.execute_wrapper(_watch_rows(tick)):
            work()
    except BaseException as error:  # noqa: BLE001  # the parent checks the exit code
        os.write(2, f"{error!r}\n".encode())
        os._exit(1)
    connections.close_all()
    os._exit(0)


def _watch_chain(tick: Callable[[], None]) -> None:
    ask = ChainClient.ask

    def watched(client: ChainClient, method: str, params: list[Any], parse: Callable[[Any], Any]) -> Any:
        tick()
        answer = ask(client, method, params, parse)
        if method == "eth_sendRawTransaction":
            tick()
        return answer

    ChainClient.ask = watched  # type: ignore[method-assign, assignment]  # in the child only


def _watch_rows(tick: Callable[[], None]) -> Callable[..., Any]:
    def watched(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if WRITES.match(sql):
            tick()
        return result

    return watched
