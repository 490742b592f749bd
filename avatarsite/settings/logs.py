"""Logging. `avatarsite.ops.logs` has the formats."""

from __future__ import annotations

from avatarsite.settings import env
from avatarsite.settings.site import LOCAL_STACK

LOG_FORMAT = env.choice("LOG_FORMAT", "text" if LOCAL_STACK else "json", ["json", "text"])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {},
    "formatters": {
        "json": {"()": "avatarsite.ops.logs.JsonLines"},
        "text": {"()": "avatarsite.ops.logs.TextLines"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": []}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        # At DEBUG they write whole URLs, and a node's URL often holds its key.
        "web3": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "websockets": {"level": "WARNING"},
        # They write two lines for each job; `avatarsite.ops.job_signals` writes one, with its times.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        # It writes a line for each job that it queues.
        "celery.beat": {"level": "WARNING"},
    },
}
