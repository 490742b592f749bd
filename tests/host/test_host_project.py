"""A host project made by `startproject`, with the documented steps only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.kit.host import ROOT, environment

STORY = [sys.executable, "-m", "tests.kit.host_app.story"]
PICTURES = "profiles.middleware.CookielessMedia"


def test_profiles_alone_under_a_prefix_without_any_optional_library(tmp_path: Path) -> None:
    done = subprocess.run(
        STORY, check=False, env=environment(tmp_path, "profiles", "pictures/"), cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.endswith("whole\n"), done.stdout + done.stderr[-4000:]
