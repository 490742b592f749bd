"""Traces of calls in the project's own code, in all threads of this process."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

from localstack.binaries import ROOT

PACKAGES = ("nft", "profiles", "avatarsite", "users")
_ROOTS = tuple(f"{ROOT / name}/" for name in PACKAGES)
_COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}

# A function: its file and its first line.
Function = tuple[str, int]


@dataclass
class Trace:
    """The functions that were called, and the pairs of caller and callee that lie in different files."""

    functions: set[Function] = field(default_factory=set)
    hops: set[tuple[Function, Function]] = field(default_factory=set)

    @property
    def files(self) -> set[str]:
        return {file for file, _ in self.functions}

    def counts(self) -> dict[str, int]:
        lines = sum(len(Path(file).read_text(encoding="utf-8").splitlines()) for file in self.files)
        return {"files": len(self.files), "lines": lines, "functions": len(self.functions), "hops": len(self.hops)}


class Tracer:
    """Calls count for the trace that is being recorded. Only threads that begin after `install` are traced."""

    def __init__(self) -> None:
        self._trace: Trace | None = None

    def install(self) -> None:
        sys.setprofile(self._see)
        threading.setprofile(self._see)

    @contextmanager
    def record(self, trace: Trace) -> Iterator[None]:
        self._trace = trace
        try:
            yield
        finally:
            self._trace = None

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Leave out what happens inside of the block."""
        trace, self._trace = self._trace, None
        try:
            yield
        finally:
            self._trace = trace

    def _see(self, frame: FrameType, event: str, _: object) -> None:
        trace = self._trace
        if trace is None or event != "call":
            return
        callee = _function_of(frame.f_code)
        if callee is None:
            return
        trace.functions.add(callee)
        caller = _caller_of(frame)
        if caller is not None and caller[0] != callee[0]:
            trace.hops.add((caller, callee))


@cache
def _function_of(code: CodeType) -> Function | None:
    """Return the project's function with this code. Bodies of modules and classes are none, nor are comprehensions."""
    is_function = bool(code.co_flags & inspect.CO_OPTIMIZED) and code.co_name not in _COMPREHENSIONS
    if not is_function or not code.co_filename.startswith(_ROOTS):
        return None
    return code.co_filename, code.co_firstlineno


def _caller_of(frame: FrameType) -> Function | None:
    """Return the nearest of the project's functions below `frame` on the stack."""
    below = frame.f_back
    while below is not None:
        caller = _function_of(below.f_code)
        if caller is not None:
            return caller
        below = below.f_back
    return None
