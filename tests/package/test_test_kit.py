"""The test kit works where the package is installed from its wheel, and does no harm without its extra."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.package.conftest import Archives
from tests.package.environments import make_environment
from tests.testing import host_run

pytestmark = pytest.mark.long


def test_a_project_tests_with_the_installed_kit(archives: Archives, tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "environment", "3.13")
    environment.install("django~=6.1.0", f"avatarsite[test] @ {archives.wheel.as_uri()}")
    host = Path(shutil.copytree(host_run.HERE / "host", tmp_path / "host"))
    said = environment.run("-m", "pytest", "-q", folder=host)
    assert " passed" in said
    assert " failed" not in said


def test_it_does_no_harm_without_its_extra(archives: Archives, tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "environment", "3.13")
    environment.install("pytest", str(archives.wheel))
    (tmp_path / "test_sum.py").write_text("def test_sum():\n    assert 1 + 1 == 2\n")
    assert "1 passed" in environment.run("-W", "error", "-m", "pytest", "test_sum.py", folder=tmp_path)
