"""The bench starts what the units of deploy/systemd start."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.processes import KINDS, Kind, command_of
from localstack.binaries import ROOT


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_units_command_runs_in_this_checkout(kind: Kind, tmp_path: Path) -> None:
    command = command_of(kind.unit, "4321" if kind.is_web else "default", tmp_path)

    assert command[0] == f"{ROOT}/.venv/bin/python"
    if command[1] == "-m":
        assert find_spec(command[2]) is not None
    else:
        assert Path(command[1]).is_file() or (ROOT / command[1]).is_file()
    assert not any(part in word for word in command for part in ("/srv/", "/var/", "${", "%i", "%%"))
    assert ("4321" in command) is kind.is_web
