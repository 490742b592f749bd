"""Notices to people about their pictures and their account, shown on pages and sent by mail."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from profiles.fields import SentenceField
from profiles.leases import Leased, Policy
from profiles.models.people import Profile
from profiles.models.pictures import Avatar


class NoticeQuerySet(models.QuerySet["Notice"]):
    def on_site(self) -> NoticeQuerySet:
        """Return what the person reads on pages, newest first."""
        return self.filter(is_on_site=True).order_by("-at", "-id")

    def unread(self) -> NoticeQuerySet:
        return self.on_site().filter(read_at__isnull=True)


class Notice(Leased):
    """What happened to a person's picture or account. `profiles.notices` records, reads and deletes notices.

    The lease is for its mail. A mail whose worker crashed is not sent again: no mail is better than two.
    """

    policy = Policy(crashes=1, first_delay=timedelta(minutes=1), longest_delay=timedelta(minutes=15))

    class Kind(models.TextChoices):
        RECEIVED = "received", gettext_lazy("Received a picture")
        LOST = "lost", gettext_lazy("Lost the right to a picture")
        RETURNED = "returned", gettext_lazy("The right to a picture is back")
        REMOVED = "removed", gettext_lazy("A picture was removed by the site’s team")
        HELD = "held", gettext_lazy("A picture is being checked")
        REPORT_DECIDED = "report_decided", gettext_lazy("A report was decided")
        DECISION = "decision", gettext_lazy("The site’s team decided about their page")
        MADE = "made", gettext_lazy("What they made is finished")
        NOT_MADE = "not_made", gettext_lazy("What they made failed")
        SIGN_IN = "sign_in", gettext_lazy("Signed in on a new device")
        ACCOUNT = "account", gettext_lazy("A way to sign in was changed")
        EXPORT_READY = "export_ready", gettext_lazy("The file of their data is ready")
        WEBHOOK_STOPPED = "webhook_stopped", gettext_lazy("A webhook was stopped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: "notice_page" begins with it.
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="notices", db_index=False)
    avatar = models.ForeignKey(
        Avatar,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="notices",
        help_text=gettext_lazy("Shown beside it."),
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    subject = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("The key of the row that it is about.")
    )
    sentence = SentenceField(blank=True, help_text=gettext_lazy("Why; empty where nothing more is to be said."))
    facts: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True, help_text=gettext_lazy("Names and texts as they were then, by the kind.")
    )
    at = models.DateTimeField(db_index=True)
    is_on_site = models.BooleanField(
        default=True, help_text=gettext_lazy("False where the person wants the mail only.")
    )
    read_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy("When the person read it, or what happened since made it out of date."),
    )
    mail_to = models.EmailField(blank=True, help_text=gettext_lazy("Empty: the person’s confirmed address."))
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail_refusal = models.CharField(
        max_length=300, blank=True, help_text=gettext_lazy("Why the mail server refused this mail for good.")
    )

    objects = NoticeQuerySet.as_manager()

    class Meta(Leased.Meta):
        ordering = ["-at"]
        verbose_name, verbose_name_plural = gettext_lazy("notice"), gettext_lazy("notices")
        indexes = [
            models.Index(fields=["profile", "-at", "-id"], name="notice_page"),
            models.Index(fields=["profile"], condition=Q(is_on_site=True, read_at__isnull=True), name="notice_unread"),
            models.Index(fields=["-at"], condition=~Q(mail_refusal=""), name="notice_refused"),
            *Leased.Meta.indexes,
        ]
        constraints = [models.UniqueConstraint(fields=["profile", "kind", "subject", "at"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
