"""Who asks."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest


def signed_in(request: HttpRequest) -> User:
    """The person of a view behind login_required."""
    assert request.user.is_authenticated  # noqa: S101  # login_required; tells the type checker
    return request.user
