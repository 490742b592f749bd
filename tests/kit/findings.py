"""What a fuzzer found: how much was tried, and which errors nobody expected, each with the shapes that raised it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from profiles.errors import ExpectedError

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Findings:
    tried: int = 0
    found: dict[str, list[str]] = field(default_factory=dict)

    def run(self, shape: str, use: Callable[P, T], *args: P.args, **options: P.kwargs) -> T | ExpectedError | None:
        """Return what `use` returns, or the expected error that it raises; None after any other."""
        self.tried += 1
        try:
            return use(*args, **options)
        except ExpectedError as error:
            return error
        except Exception as error:  # noqa: BLE001 - these are what we look for
            self.add(_place_of(error), f"{shape}: {str(error)[:80]!a}")
            return None

    def add(self, problem: str, shape: str) -> None:
        self.found.setdefault(problem, []).append(shape)

    def check(self) -> None:
        """Raise AssertionError with the first and last shape of each problem."""
        lines = [
            f"{len(shapes)} times {problem}\n    {shapes[0]}\n    {shapes[-1]}"
            for problem, shapes in self.found.items()
        ]
        assert not lines, f"of {self.tried} answers\n" + "\n".join(lines)


def _place_of(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__} at {place}"
