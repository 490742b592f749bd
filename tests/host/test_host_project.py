"""A host project made by `startproject`, with the documented steps only."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.kit.host import ROOT, environment

RUN_JOBS = [sys.executable, "-m", "django", "run_jobs"]
PATIENCE = 60


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """What `profiles` alone does under a prefix, and the environment of that project afterwards."""
    folder = tmp_path_factory.mktemp("host")
    env = environment(folder, "profiles", "pictures/", ACCOUNT_DELETE_DAYS=0)
    command = [sys.executable, "-m", "tests.kit.host_app.story"]
    done = subprocess.run(command, check=False, env=env, cwd=ROOT, capture_output=True, text=True)
    return done.stdout + (done.stderr[-4000:] if done.returncode else ""), env


def test_profiles_alone_under_a_prefix_without_any_optional_library(told: tuple[str, dict[str, str]]) -> None:
    text, _ = told
    assert text.endswith("whole\n"), text
    walked = re.search(r"walked (\d+) pages", text)
    assert walked
    assert int(walked[1]) > 20


def test_two_runners_share_the_work_and_end_when_asked(told: tuple[str, dict[str, str]]) -> None:
    _, env = told
    both = [
        subprocess.Popen(RUN_JOBS, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    outputs = [process.stdout for process in both if process.stdout]
    try:
        for output in outputs:
            assert any("Jobs are run" in line for line in output), "it ended"
        wait_for_squares(Path(env["HOST_DIR"]) / "db.sqlite3")
        for process in both:
            process.send_signal(signal.SIGTERM)
        texts = [output.read() for output in outputs]  # with what was read ahead of the line above
        for process in both:
            process.wait(PATIENCE)
    finally:
        for process, output in zip(both, outputs, strict=True):
            process.kill()
            process.wait()
            output.close()
    assert [process.returncode for process in both] == [0, 0], texts
    assert all(text.endswith("Ended.\n") for text in texts), texts
    made = re.findall(r"make_squares (\d+): \d", "".join(texts))
    assert len(made) == len(set(made)) == 4, "each row was worked on once"


def wait_for_squares(database: Path) -> None:
    ends_at = time.monotonic() + PATIENCE
    while time.monotonic() < ends_at:
        with closing(sqlite3.connect(database, timeout=PATIENCE)) as connection:
            query = "SELECT COUNT(*) FROM profiles_storedimage WHERE due_at IS NOT NULL"
            if connection.execute(query).fetchone() == (0,):
                return
        time.sleep(0.1)
    pytest.fail("The runners left work undone.")
