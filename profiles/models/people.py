"""Profiles, the hashes by which they are found, and the audit."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.fields import HexField
from profiles.models.display import OnLoss

HANDLE_PATTERN = r"^[a-z0-9](?:[a-z0-9_-]{0,28}[a-z0-9])$"
HANDLE_RULE = _("A handle has 2 to 30 characters: a-z, 0-9, - or _, with a letter or digit at both ends.")

# What a person is called until they choose a handle, and how to tell.
NEUTRAL_HANDLE = "user-{}"
_NEUTRAL = re.compile(r"user-[0-9a-f]{6}(?:[0-9a-f]{2})?")


def is_neutral_handle(handle: str) -> bool:
    """Return whether this handle was made up for a person who has chosen none yet."""
    return bool(_NEUTRAL.fullmatch(handle))


class Profile(models.Model):
    """What is public about one person, whatever user model the host project has."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="avatar_profile")
    # Not `unique`, which would add a second index for LIKE.
    handle = models.CharField(max_length=30, validators=[RegexValidator(HANDLE_PATTERN, HANDLE_RULE)])
    display_name = models.CharField(max_length=60, blank=True)
    pronouns = models.CharField(max_length=40, blank=True)
    bio = models.CharField(max_length=280, blank=True)
    links: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, blank=True, help_text=_("Addresses of their own pages elsewhere, as they entered them.")
    )
    avatar = models.ForeignKey("Avatar", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    avatar_version = models.PositiveIntegerField(default=0)
    is_found_by_email = models.BooleanField(
        default=False, help_text=_("Serve the picture by hashes of their addresses.")
    )
    on_loss = models.CharField(
        max_length=6,
        blank=True,
        choices=OnLoss.choices,
        help_text=_("When the right to a picture is lost; empty: as the site."),
    )
    returns_by_itself = models.BooleanField(
        default=True, help_text=_("A picture whose right came back is theirs again without asking.")
    )
    is_hidden = models.BooleanField(
        default=False, help_text=_("Nobody sees this person: see profiles.people.hiding, which alone changes it.")
    )
    is_hidden_by_staff = models.BooleanField(default=False, help_text=_("The site’s team hid this person."))
    language = models.CharField(max_length=16, blank=True, help_text=_("Of mails to them; empty: the site’s."))
    notice_choices: models.JSONField[dict[str, bool], dict[str, bool]] = models.JSONField(
        default=dict, blank=True, help_text=_("Where they chose otherwise than the site: “<kind>.site”, “<kind>.mail”.")
    )
    unread_notices = models.PositiveIntegerField(default=0, help_text=_("What the bell shows."))
    asking_notices = models.PositiveIntegerField(
        default=0, help_text=_("Unread ones that every page shows: it looks them up only if there are any.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = _("person"), _("people")
        constraints = [models.UniqueConstraint(fields=["handle"], name="handle_once")]
        indexes = [models.Index(Lower("display_name"), condition=~Q(display_name=""), name="profile_by_name")]
        permissions = [
            ("lock_profile", _("Can lock and unlock a person")),
            ("secure_profile", _("Can end a person’s sessions and reset their second factor")),
            ("retry_jobs", _("Can retry jobs that were given up")),
        ]

    def __str__(self) -> str:
        return self.handle

    def get_absolute_url(self) -> str:
        return reverse("profiles:public", args=[self.handle])

    @property
    def is_named(self) -> bool:
        return bool(self.display_name) or not is_neutral_handle(self.handle)

    @property
    def name(self) -> str:
        """What to call this person. Nobody reads a handle that was made up."""
        return (self.display_name or self.handle) if self.is_named else gettext("Newcomer")


class FormerHandle(models.Model):
    """A handle that a person left: it leads to their present one, and nobody else gets it, until `kept_until`."""

    handle = models.CharField(max_length=30, primary_key=True)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="former_handles")
    left_at = models.DateTimeField()
    kept_until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.handle


class EmailName(models.Model):
    """The hashes of a verified e-mail address by which a person lets their picture be found.

    Libravatar and Gravatar clients ask by the hash of the trimmed, lower-case address: sha256, or md5 in old ones.
    """

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="email_names")
    sha256 = HexField(max_length=32, primary_key=True)
    md5 = HexField(max_length=16, unique=True)

    def __str__(self) -> str:
        return self.sha256[:12]


class AuditEntry(models.Model):
    """What was done to a person's picture or account, by whom, and why. Never updated."""

    # No index of its own: "audit_by_profile" begins with it.
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="audit_entries", db_index=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    action = models.CharField(max_length=40)
    detail: models.JSONField[dict[str, object], dict[str, object]] = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(db_default=Now())
    is_by_staff = models.BooleanField(default=False, help_text=_("Done by somebody else than the person or the site."))

    class Meta:
        ordering = ["-at"]
        verbose_name, verbose_name_plural = _("audit entry"), _("audit entries")
        indexes = [
            models.Index(fields=["profile", "-at"], name="audit_by_profile"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["-id"], condition=Q(is_by_staff=True), name="audit_by_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"
