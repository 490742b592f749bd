"""Logging."""

from __future__ import annotations

from avatarsite.settings import env

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "avatarsite.ops.masking.MaskedStream", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        # At DEBUG they write whole URLs, and a node's URL often holds its key.
        "web3": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "websockets": {"level": "WARNING"},
        # Django's own handlers would write and mail what the console's masks.
        "django": {"handlers": []},
        "django.server": {"handlers": [], "propagate": True},
    },
}
