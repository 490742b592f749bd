"""The Celery app."""

from __future__ import annotations

import gc
import os

from celery import Celery
from celery.signals import worker_before_create_process, worker_init

from avatarsite import process
from avatarsite.memory import keep_freed_memory
from avatarsite.ops import job_signals
from avatarsite.queues import QUEUES
from profiles.celery import configure

process.declare("worker")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
app = Celery("avatarsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
job_signals.add_heart(app)
configure(app, QUEUES)


@worker_init.connect
def _set_up_memory(**_: object) -> None:
    keep_freed_memory()  # before it forks: the children inherit it


@worker_before_create_process.connect
def _freeze_objects(**_: object) -> None:
    """Let no garbage collection look at what exists before the fork: it would copy all these pages in each child."""
    gc.collect()
    gc.freeze()
