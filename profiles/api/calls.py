"""One call: its request, time and token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from profiles.models import ApiToken, Profile


@dataclass(frozen=True)
class Call:
    """A call that was admitted. `token` is None for public operations."""

    request: HttpRequest
    now: datetime
    token: ApiToken | None = None

    @property
    def owner(self) -> Profile:
        """Return the owner of the token, as read with it: their picture may have changed since."""
        if self.token is None:
            raise LookupError("a public operation speaks for nobody")
        return self.token.profile

    @property
    def actor(self) -> AbstractBaseUser:
        user: AbstractBaseUser = self.owner.user
        return user

    def owner_now(self) -> Profile:
        """Read the owner again, for answers after a change."""
        return Profile.objects.select_related("user", "avatar__image").get(pk=self.owner.pk)


# Takes the call, then the parameters of the path by name; returns what becomes JSON.
Handler = Callable[..., dict[str, object]]
