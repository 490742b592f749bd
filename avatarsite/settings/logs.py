"""Logging. `avatarsite.ops.logs` has the formats."""

from __future__ import annotations

from avatarsite.settings import env
from avatarsite.settings.site import LOCAL_STACK

LOG_FORMAT = env.choice("LOG_FORMAT", "text" if LOCAL_STACK else "json", ["json", "text"])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "avatarsite.ops.logs.JsonLines"},
        "text": {"()": "avatarsite.ops.logs.TextLines"},
    },
    "handlers": {"console": {"class": "avatarsite.ops.masking.MaskedStream", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        # At DEBUG they write whole URLs, and a node's URL often holds its key.
        "web3": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "websockets": {"level": "WARNING"},
        # Django's own handlers would write and mail what the console's masks.
        "django": {"handlers": []},
        "django.server": {"handlers": [], "propagate": True},
        # They write two lines for each job; `avatarsite.ops.job_signals` writes one, with its times.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        # It writes a line for each job that it queues.
        "celery.beat": {"level": "WARNING"},
    },
}
