"""`python -m avatarsite.listener`: as `manage.py listen_to_chains`, in a process that loads no models and no pages."""

from __future__ import annotations

import logging.config
import sys

from django.conf import settings

# Also sets DJANGO_SETTINGS_MODULE, and makes the app of beat, which loads nothing, the one that queues jobs.
from avatarsite.beat import app
from nft.watching.listener import run


def main() -> None:
    logging.config.dictConfig(settings.LOGGING)
    app.set_default()
    run(_say)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
