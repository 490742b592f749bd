"""Where errors and traces are sent: nowhere, unless told. Both need the packages of requirements-observe.txt."""

from __future__ import annotations

from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import env


def _needs(package: str, setting: str) -> bool:
    """Return True if `package` is installed, else raise: a silent site would look like one without errors."""
    if find_spec(package) is None:
        raise ImproperlyConfigured(f"{setting} needs more packages: pip install -r requirements-observe.txt")
    return True


SENTRY_DSN = env.text("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = env.text("SENTRY_ENVIRONMENT", "production")
SENTRY_RELEASE = env.text("SENTRY_RELEASE", "")
if SENTRY_DSN:
    _needs("sentry_sdk", "SENTRY_DSN")
# OpenTelemetry's own SDK reads all other variables of its specification, OTEL_TRACES_SAMPLER for example.
OTEL_SERVICE_NAME = env.text("OTEL_SERVICE_NAME", "avatarsite")
SENDS_TRACES = (
    bool(env.text("OTEL_EXPORTER_OTLP_ENDPOINT", "") or env.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""))
    and not env.flag("OTEL_SDK_DISABLED")
    and _needs("opentelemetry", "OTEL_EXPORTER_OTLP_ENDPOINT")
)
