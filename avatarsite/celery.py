"""The Celery app."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import import_modules, worker_init

from avatarsite import process
from avatarsite.memory import keep_freed_memory
from avatarsite.ops import job_signals

process.declare("worker")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
app = Celery("avatarsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
job_signals.add_heart(app)


@import_modules.connect
def _set_up_jobs(**_: object) -> None:
    """Only workers and beat come here, once Django is set up; a web process sends jobs by their names."""
    from profiles import jobs

    jobs.discover()
    jobs.register(app)


@worker_init.connect
def _set_up_memory(**_: object) -> None:
    keep_freed_memory()  # before it forks: the children inherit it
