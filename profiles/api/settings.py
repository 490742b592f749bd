"""How often programs may call, counted by the hour; each a setting of the host project with a default."""

from __future__ import annotations

from django.conf import settings


def calls_per_hour() -> int:
    """Calls with one person's tokens, all of them together."""
    return int(getattr(settings, "API_CALLS_PER_HOUR", 3600))


def guest_calls_per_hour() -> int:
    """Calls without a token from one network."""
    return int(getattr(settings, "API_GUEST_CALLS_PER_HOUR", 3600))


def guesses_per_hour() -> int:
    """Calls with wrong tokens from one network. Guessing is hopeless; this spares the database."""
    return int(getattr(settings, "API_GUESSES_PER_HOUR", 600))


def new_tokens_per_hour() -> int:
    """Tokens one person may make in an hour, revoked ones too: each leaves a row for a while."""
    return int(getattr(settings, "API_NEW_TOKENS_PER_HOUR", 60))
