"""`python -m avatarsite.listener`: as `manage.py listen_to_chains`, in a process that loads no models and no pages."""

from __future__ import annotations

import logging.config
import sys

from celery.signals import after_task_publish
from django.conf import settings

# Also sets DJANGO_SETTINGS_MODULE, and makes the app of beat, which loads nothing, the one that queues jobs.
from avatarsite.beat import app
from avatarsite.ops import error_reports, heartbeats
from nft.watching.listener import run


def main() -> None:
    logging.config.dictConfig(settings.LOGGING)
    error_reports.start()
    app.set_default()
    after_task_publish.connect(_record_heartbeat)
    run(_say)


def _record_heartbeat(body: tuple[list[object], object, object], **_: object) -> None:
    """The listener to a chain works as long as it announces blocks: it queues jobs with the chain's id."""
    heartbeats.record(heartbeats.LISTENER, str(body[0][0]))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
