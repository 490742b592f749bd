"""Logging."""

from __future__ import annotations

from avatarsite.settings import env

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    # At DEBUG they write whole URLs, and a node's URL often holds its key.
    "loggers": {"web3": {"level": "WARNING"}, "urllib3": {"level": "WARNING"}, "websockets": {"level": "WARNING"}},
}
