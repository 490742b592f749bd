"""Error reports to Sentry, off unless SENTRY_DSN is set: every line that is logged as an error, with its traceback.

A report is made of the few facts in `scrub`; everything else that Sentry's library collects is dropped, above all what
a request or a variable holds. The texts of errors and the arguments of log lines are dropped too, as they may name
accounts, so reports are told apart by the line's fixed text, the error's class and the traceback.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings

from avatarsite.ops.ids import get_ids

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

#: What a report keeps of a stack frame: our own code, and none of its values.
FRAME = ("filename", "function", "lineno", "module", "context_line", "pre_context", "post_context", "in_app")
KEPT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment", "server_name")


def start() -> None:
    """Send errors from now on. Without SENTRY_DSN, do nothing and import nothing."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        release=settings.SENTRY_RELEASE or None,
        # Django, Celery and we ourselves log every error; more integrations would only collect more.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        include_local_variables=False,
        max_breadcrumbs=0,
        send_default_pii=False,
        before_send=scrub,
    )


def scrub(event: Event, hint: Hint) -> Event | None:
    """Return a new event of the facts that say nothing about a person; None for an answer that is no error of ours.

    Django logs each answer of 500 and above. Without a traceback it was meant, as that of `/readyz` or of an outage.
    """
    given: dict[str, object] = dict(event)
    if given.get("logger") == "django.request" and "exception" not in given:
        return None
    found: dict[str, object] = {name: given[name] for name in KEPT if given.get(name)}
    found["tags"] = dict(get_ids())
    entry = given.get("logentry")
    if isinstance(entry, dict):
        found["logentry"] = {"message": str(entry.get("message", ""))}
    raised = given.get("exception")
    if isinstance(raised, dict):
        found["exception"] = {"values": [_scrub_error(error) for error in raised.get("values", [])]}
    return found  # type: ignore[return-value]  # the same shape, with fewer entries


def _scrub_error(error: dict[str, object]) -> dict[str, object]:
    trace = error.get("stacktrace")
    frames = trace.get("frames", []) if isinstance(trace, dict) else []
    kept = [{name: frame[name] for name in FRAME if name in frame} for frame in frames]
    return {"type": error.get("type"), "module": error.get("module"), "stacktrace": {"frames": kept}}
