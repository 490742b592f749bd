"""What `make bench` writes, topic by topic, whatever fails on the way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bench import __main__ as bench
from bench.lanes import BenchError, Workspace
from bench.tables import Figures, Goal

Run = Callable[[Workspace], Iterator[Figures]]


def figures(title: str, *goals: Goal) -> Figures:
    return Figures(title, ["what", "number"], [["a row", "7"]], goals, ["A note."])


def good(_: Workspace) -> Iterator[Figures]:
    yield figures("First table", Goal("a small thing", 1.0, 2.0, " s"))
    yield figures("Second table", Goal("a large thing", 3.0, 2.0, " s"))


def failing(workspace: Workspace) -> Iterator[Figures]:
    yield figures("Complete before the failure")
    raise BenchError(f"Nothing answers in {workspace.folder}.")


def surprising(_: Workspace) -> Iterator[Figures]:
    yield from ()
    raise ZeroDivisionError("unforeseen")


def without_server(_: Workspace) -> Iterator[Figures]:
    yield from ()
    pytest.fail("PostgreSQL is not installed.", pytrace=False)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs the bench with these topics; its exit code and the file it wrote."""

    def start(arguments: tuple[str, ...] = (), **topics: Run) -> tuple[int, str]:
        for name, run in topics.items():
            module = ModuleType(f"bench.{name}")
            module.__dict__["run"] = run
            monkeypatch.setitem(sys.modules, f"bench.{name}", module)
        monkeypatch.setattr(bench, "TOPICS", tuple(topics))
        monkeypatch.setattr(bench, "HERE", tmp_path)
        monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        code, file = bench.main(), tmp_path / "RESULTS.md"
        return code, file.read_text(encoding="utf-8") if file.exists() else ""

    return start


def test_every_goal_stands_in_one_table_with_its_value(start: Callable[..., tuple[int, str]]) -> None:
    code, text = start(good=good)

    assert code == 0
    top = text.partition("## First table")[0]
    assert "1 of 2 measured goals are met." in top
    assert "| First table | a small thing | ≤ 2 s | 1 s | met |" in top
    assert "| Second table | a large thing | ≤ 2 s | 3 s | **missed** |" in top


def test_a_topic_that_fails_loses_only_itself(start: Callable[..., tuple[int, str]]) -> None:
    code, text = start(failing=failing, surprising=surprising, without_server=without_server, good=good)

    assert code == 1
    assert "- failed topics: failing, surprising, without_server" in text
    assert "## failing: failed" in text
    assert "BenchError: Nothing answers in <folder>." in text
    assert "ZeroDivisionError: unforeseen" in text
    assert "PostgreSQL is not installed." in text
    assert "## Complete before the failure" in text
    assert "| failing | the topic failed |" in text
    assert "## Second table" in text


def test_results_are_written_when_a_topic_ends(start: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    seen = []

    def looking(workspace: Workspace) -> Iterator[Figures]:
        seen.append((tmp_path / "RESULTS.md").read_text(encoding="utf-8"))
        return good(workspace)

    start(good=good, looking=looking, last=good)

    assert "## Second table" in seen[0]
    assert "has not reached them: looking, last" in seen[0]


def test_named_topics_write_nothing(start: Callable[..., tuple[int, str]]) -> None:
    assert start(("good",), good=good, failing=failing) == (0, "")
