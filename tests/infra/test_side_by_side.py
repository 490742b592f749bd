from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from localstack.binaries import ROOT

PLAIN = ["-p", "no:django", "-p", "no:profiles.testing.plugin", "-p", "no:nft.testing.plugin", "-p", "no:cacheprovider"]


def test_a_test_that_ends_its_worker_fails_once_and_the_others_of_its_file_still_run(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests.side_by_side import ByPart\n\n\n"
        "def pytest_xdist_make_scheduler(config, log):\n    return ByPart(config, log)\n"
    )
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    (tmp_path / "test_crash.py").write_text(
        "import os\n\n\ndef test_first(): pass\ndef test_crash(): os._exit(1)\ndef test_last(): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadscope", *PLAIN, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert "crashed while running" in done.stdout
    assert "1 failed, 3 passed" in done.stdout
