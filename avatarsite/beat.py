"""The Celery app of beat, and beat itself: `python -m avatarsite.beat`.

Beat needs the broker and the schedule, and nothing else of the site. The schedule is declared beside the jobs, whose
modules load nearly all of it. So a child process builds the schedule and ends, and beat stays small.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from celery import Celery
from celery.signals import after_task_publish, beat_init, import_modules

SCHEDULE = """
import django, json
django.setup()
from avatarsite.queues import QUEUES
from profiles.celery import schedule
from profiles.jobs import discover
discover()
print(json.dumps(schedule(QUEUES)))
"""

ROOT = str(Path(__file__).resolve().parent.parent)
sys.path.append(ROOT)  # the `celery` program adds it for the import of this module only, and then removes its own entry
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
app = Celery("avatarsite", fixups=[])  # Celery's own fixup would load every app, and the pages for the system checks
app.config_from_object("django.conf:settings", namespace="CELERY")

from avatarsite.ops import error_reports, heartbeats, job_signals  # noqa: E402, F401  # the last connects receivers


@import_modules.connect
def _set_schedule(**_: object) -> None:
    """Receive Celery's signal at the start of beat."""
    app.conf.beat_schedule = read_schedule()


@beat_init.connect
def _set_up(**_: object) -> None:
    error_reports.start()
    after_task_publish.connect(_record_heartbeat)


def _record_heartbeat(**_: object) -> None:
    """Beat lives as long as it queues jobs."""
    heartbeats.record(heartbeats.BEAT)


def read_schedule() -> dict[str, dict[str, object]]:
    """Return the periodic runs as beat takes them. Raises CalledProcessError; the child's log names the reason."""
    child = subprocess.run([sys.executable, "-c", SCHEDULE], stdout=subprocess.PIPE, cwd=ROOT, check=True)  # ours
    found: dict[str, dict[str, object]] = json.loads(child.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Run beat, as `celery beat` does, which also loads a terminal library."""
    parser = argparse.ArgumentParser(prog="python -m avatarsite.beat")
    parser.add_argument("--schedule", default="celerybeat-schedule", help="the file that remembers the last runs")
    app.Beat(loglevel="INFO", schedule=parser.parse_args().schedule).run()


if __name__ == "__main__":
    main()
