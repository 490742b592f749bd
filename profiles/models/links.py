"""Whether the pages that people link to link back to them."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from profiles.leases import Leased, Policy
from profiles.models.people import Profile


class LinkCheck(Leased):
    """A link on a person's page, and when the page there was last seen to link back. See profiles.people.link_checks.

    There is one for each of `Profile.links` where pages can be fetched, and none otherwise.
    """

    # A page that can't be read is asked again, ever less often, and never for the last time.
    policy = Policy(lease=timedelta(minutes=1), first_delay=timedelta(minutes=5), longest_delay=timedelta(days=1))
    person = "profile_id"

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="link_checks")
    url = models.CharField(max_length=200, help_text=_("One of the profile’s links."))
    verified_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("When the page last linked back. Empty: the last time it was read, it did not."),
    )
    checked_at = models.DateTimeField(null=True, blank=True, help_text=_("When the page was last read."))

    class Meta:
        indexes = [*Leased.Meta.indexes]
        constraints = [models.UniqueConstraint(fields=["profile", "url"], name="one_check_per_link")]

    def __str__(self) -> str:
        return self.url
