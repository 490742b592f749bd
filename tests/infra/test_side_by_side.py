"""How `make test` runs the tests: side by side, and what failed alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localstack.binaries import ROOT
from localstack.verify import run_side_by_side

PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:django"]
PYTEST += ["-p", "no:profiles.testing.plugin", "-p", "no:nft.testing.plugin"]
SLOW = """
import pathlib
def test_slow():
    seen = pathlib.Path(__file__).with_name("seen")
    if not seen.exists():
        seen.touch()
        raise AssertionError("a server answered too late")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the way in which our workers share tests."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(
        "from tests.side_by_side import ByPart\n"
        "def pytest_xdist_make_scheduler(config, log):\n    return ByPart(config, log)\n"
    )
    (tmp_path / "test_good.py").write_text("def test_good(): pass\n")
    return tmp_path


@pytest.fixture
def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def test_a_test_that_ends_its_worker_fails_once_and_the_others_of_its_file_still_run(
    folder: Path, environment: dict[str, str]
) -> None:
    crash = "import os\ndef test_first(): pass\ndef test_crash(): os._exit(1)\ndef test_last(): pass\n"
    (folder / "test_crash.py").write_text(crash)
    command = [*PYTEST, "-n", "2", "--dist", "loadscope"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert "crashed while running" in done.stdout
    assert "1 failed, 3 passed" in done.stdout


def test_what_passes_alone_is_named_and_what_fails_again_fails(
    folder: Path, environment: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "test_slow.py").write_text(SLOW)
    assert run_side_by_side(PYTEST, environment, folder) == 0
    assert "These failed beside others, and are run alone:\ntest_slow.py::test_slow\n" in capfd.readouterr().out
    (folder / "test_bad.py").write_text("def test_bad(): assert False\n")
    assert run_side_by_side(PYTEST, environment, folder) == 1
