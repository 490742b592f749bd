"""The authentication backend of passwords."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from users.people_lookup import find_by_login


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Check one password against one person with one hash, also where nobody has the name.

    allauth's own checks it once as an e-mail address, once as a name and once more as an address, and Django's backend
    once before that: the time of a refusal said whether somebody has the address.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: object) -> User | None:
        """Return the person. Raise PermissionDenied for wrong credentials, so that no other backend hashes again."""
        if not credentials.get("password"):
            return None
        user: User | None = super().authenticate(request, **credentials)
        if user is None:
            raise PermissionDenied
        return user

    def get_user(self, user_id: int | str) -> User | None:
        """Return the user of a session while they may sign in, read together with their profile."""
        user = User.objects.select_related("avatar_profile").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def _authenticate(self, request: HttpRequest | None, **credentials: object) -> User | None:
        login = credentials.get("username") or credentials.get("email") or ""
        user: User | None = self._check_password(
            find_by_login(str(login), timezone.now()), str(credentials["password"])
        )
        return user
