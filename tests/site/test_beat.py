"""Beat knows the whole schedule and loads nothing else of the site."""

from __future__ import annotations

import os
import subprocess
import sys

from avatarsite.beat import read_schedule
from avatarsite.queues import QUEUES
from localstack.binaries import ROOT, VENV
from profiles import jobs
from profiles.celery import routes, schedule

# As `celery beat` starts: Celery's loader imports what the app needs before it reads the schedule.
START = """
import sys
from avatarsite.beat import app
app.loader.import_default_modules()
loaded = {"django.db.models", "django.http", "profiles.models", "nft.models", "allauth.account", "web3"}
print(len(app.conf.beat_schedule), sorted(loaded & set(sys.modules)))
"""


def test_the_schedule_is_that_of_the_declared_jobs() -> None:
    jobs.discover()
    assert read_schedule() == schedule(QUEUES)


def test_beat_loads_no_models_and_no_pages() -> None:
    environment = os.environ | {"LOCAL_STACK": "1", "LOG_LEVEL": "ERROR"}
    started = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    count, loaded = started.stdout.split(" ", 1)
    assert int(count) == len(schedule(QUEUES))
    assert loaded.strip() == "[]"


def test_the_program_of_the_unit_finds_every_app() -> None:
    """`celery` has the project on its path only while it imports the app, other than `python -m celery`."""
    environment = os.environ | {"LOCAL_STACK": "1", "LOG_LEVEL": "ERROR"}
    command = [str(VENV / "bin" / "celery"), "-A", "avatarsite.beat", "report"]
    started = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert started.returncode == 0, started.stderr


def test_beat_sends_each_job_to_its_queue() -> None:
    """Beat loads no jobs, so Celery knows no routes there: without a queue in the schedule all would go to one."""
    runs = read_schedule()
    assert {name: run["options"]["queue"] for name, run in runs.items()} == {  # type: ignore[index]
        name: routes(QUEUES)[str(run["task"])]["queue"] for name, run in runs.items()
    }
