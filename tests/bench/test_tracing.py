"""Which calls count for a flow."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.peers.tracing import Trace, Tracer
from nft.core.evm.address import parse_address
from profiles.text import one_line


@pytest.fixture
def tracer() -> Iterator[Tracer]:
    before = sys.getprofile(), threading.getprofile()
    tracer = Tracer()
    tracer.install()
    yield tracer
    sys.setprofile(before[0])
    threading.setprofile(before[1])


def test_only_the_projects_own_functions_count(tracer: Tracer) -> None:
    trace = Trace()
    with tracer.record(trace):
        Path("a").with_suffix(".b")
        parse_address("0x" + "11" * 20)
    parse_address("0x" + "22" * 20)

    assert {Path(file).name for file in trace.files} >= {"address.py"}
    assert all("/nft/core/" in file for file in trace.files)


def test_threads_count_and_pauses_do_not(tracer: Tracer) -> None:
    trace = Trace()
    with tracer.record(trace):
        with tracer.pause():
            one_line("a")
        thread = threading.Thread(target=parse_address, args=("0x" + "11" * 20,))
        thread.start()
        thread.join()

    assert {Path(file).name for file in trace.files} >= {"address.py"}
    assert not any(file.endswith("/text.py") for file in trace.files)
