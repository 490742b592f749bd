"""The models of a host project, with the names that it would give them by itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    about = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.about


class OfPerson(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="%(class)ss")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"


class Avatar(OfPerson):
    """`user.avatars`."""


class Notice(OfPerson):
    """`user.notices`."""


class Report(OfPerson):
    """`user.reports`."""


class Linked_Account(OfPerson):  # noqa: N801  # for its reverse name, `linked_accounts`
    pass


class Wallet_Session(OfPerson):  # noqa: N801
    pass


class Token_Claim(OfPerson):  # noqa: N801
    pass


class Mint_Request(OfPerson):  # noqa: N801
    pass
