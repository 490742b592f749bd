"""What the site uses of allauth beyond its public interface. No other module imports such a name.

allauth may change these names in any release. If it has, the start says which version is installed; `check` warns of a
version that nobody has tried.
"""

from __future__ import annotations

import re
from typing import Any

import allauth
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import ReauthenticateView
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

#: The newest release with which the tests pass.
TRIED = "65.22"
#: Methods of allauth's adapter without a public name that users.adapters overrides.
OVERRIDDEN = ("_get_login_attempts_cache_key",)

try:
    from allauth.account.internal.flows.email_verification import consume_email_verification_rate_limit
    from allauth.account.internal.flows.login import record_authentication
    from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, suspend_request
except ImportError as error:
    raise ImproperlyConfigured(
        f"django-allauth {allauth.__version__} is installed, and users.allauth_internals needs a name of {TRIED} that "
        f"it does not have: {error}. Install the version that requirements.txt names."
    ) from error

#: The public view without its password. allauth itself moved this name in 65.22.
BaseReauthenticateView: Any = ReauthenticateView.__base__

__all__ = [
    "STATE_SESSION_KEY",
    "BaseReauthenticateView",
    "check_allauth",
    "consume_email_verification_rate_limit",
    "record_authentication",
    "suspend_request",
]


def check_allauth(
    version: str = allauth.__version__, adapter: type = DefaultAccountAdapter, **_: Any
) -> list[CheckMessage]:
    """Receive Django's system checks."""
    found: list[CheckMessage] = []
    if missing := [name for name in OVERRIDDEN if not hasattr(adapter, name)]:
        found.append(
            Error(
                f"django-allauth {version} has no {', '.join(missing)} any more, so users.adapters overrides nothing.",
                hint=f"Install django-allauth {TRIED}.",
                id="users.E001",
            )
        )
    if _numbers(version)[:2] > _numbers(TRIED)[:2]:
        found.append(
            Warning(
                f"django-allauth {version} is newer than {TRIED}, the newest that this site was tried with.",
                hint="Run tests/users and tests/browser with it, then raise TRIED in users/allauth_internals.py.",
                id="users.W001",
            )
        )
    return found


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
