"""Beat knows the whole schedule. That it loads nothing else of the site is in test_imports.py."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from avatarsite.beat import read_schedule
from avatarsite.queues import QUEUES
from localstack.binaries import ROOT, VENV
from profiles import jobs
from profiles.celery import routes, schedule


@pytest.fixture(scope="module")
def runs() -> dict[str, Any]:
    """The schedule as beat reads it, by a process of its own."""
    jobs.discover()
    return dict(read_schedule())


def test_the_schedule_is_that_of_the_declared_jobs(runs: dict[str, Any]) -> None:
    assert runs == schedule(QUEUES)


def test_the_program_of_the_unit_finds_every_app() -> None:
    """`celery` has the project on its path only while it imports the app, other than `python -m celery`."""
    environment = os.environ | {"LOCAL_STACK": "1", "LOG_LEVEL": "ERROR"}
    command = [str(VENV / "bin" / "celery"), "-A", "avatarsite.beat", "report"]
    started = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert started.returncode == 0, started.stderr


def test_beat_sends_each_job_to_its_queue(runs: dict[str, Any]) -> None:
    """Beat loads no jobs, so Celery knows no routes there: without a queue in the schedule all would go to one."""
    assert {name: run["options"]["queue"] for name, run in runs.items()} == {
        name: routes(QUEUES)[str(run["task"])]["queue"] for name, run in runs.items()
    }
