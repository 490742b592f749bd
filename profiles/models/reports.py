"""Reports about people, pictures and tokens, and the cases in which staff decide about them.

Reports about the same thing join one case. Nothing in these tables but `Report.reporter` and the columns beside it says
who reported, and the reported person sees none of them.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from profiles.fields import HexField
from profiles.leases import Leased, Policy
from profiles.models.people import Profile
from profiles.models.pictures import Avatar, StoredImage
from profiles.sources import MAX_NAME

#: Characters that a reporter or the reported person may write.
MAX_WORDS = 1_000


class Reason(models.TextChoices):
    """Why something is reported, and why staff act."""

    NUDITY = "nudity", _("Nudity or sexual content")
    HATE = "hate", _("Hate")
    VIOLENCE = "violence", _("Violence")
    IMPERSONATION = "impersonation", _("It pretends to be somebody else")
    COPYRIGHT = "copyright", _("Stolen work or copyright")
    SPAM = "spam", _("Spam or scam")
    OTHER = "other", _("Something else")


class Verdict(models.TextChoices):
    """What staff decide. All but KEEP may be appealed."""

    KEEP = "keep", _("Keep it")
    WARN = "warn", _("Warn")
    REMOVE = "remove", _("Remove the picture")
    HIDE = "hide", _("Hide the page")
    LOCK = "lock", _("Lock the account")
    BLOCK = "block", _("Remove and block the picture")


class ReportCase(models.Model):
    """What staff decide about: one thing of one person, with what was shown when it was first reported.

    The image is the evidence. It is kept until `delete_at`, whatever the person shows meanwhile. A case without reports
    is one that staff opened by removing a picture, and that its person appealed.
    """

    class Subject(models.TextChoices):
        PICTURE = "picture", _("The picture")
        PROFILE = "profile", _("The page: name, text or links")
        TOKEN = "token", _("The token itself")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DECIDED = "decided", _("Decided")
        APPEALED = "appealed", _("Appealed")
        FINAL = "final", _("Decided for good")
        CLOSED = "closed", _("Closed by itself")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=100, help_text=_("What is reported: reports of the same key join an open case."))
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="report_cases")
    avatar = models.ForeignKey(
        Avatar, on_delete=models.SET_NULL, null=True, blank=True, related_name="report_cases",
        help_text=_("The entry of their history that was shown; empty once it is erased."),
    )  # fmt: skip
    image = models.ForeignKey(
        StoredImage, on_delete=models.PROTECT, null=True, blank=True, related_name="report_cases",
        help_text=_("The picture that was shown."),
    )  # fmt: skip
    sha256 = HexField(max_length=32, help_text=_("The hash of the picture; empty without one."))
    source = models.CharField(max_length=MAX_NAME, blank=True)
    reference = models.CharField(max_length=250, blank=True, help_text=_("The token, as its source names it."))
    subject = models.CharField(max_length=8, choices=Subject.choices)
    shown: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True, help_text=_("The texts of the page as they were.")
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    report_count = models.PositiveIntegerField(default=0)
    rank = models.PositiveSmallIntegerField(default=0, help_text=_("How much the reports weigh; see reports.weighing."))
    opened_at = models.DateTimeField()
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verdict = models.CharField(max_length=6, choices=Verdict.choices, blank=True)
    why = models.CharField(max_length=13, choices=Reason.choices, blank=True)
    words = models.CharField(max_length=300, blank=True, help_text=_("The reason in staff’s own words; may be empty."))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    effect: models.JSONField[dict[str, object], dict[str, object]] = models.JSONField(
        default=dict, blank=True, help_text=_("What the decision changed, and so what undoing it changes back.")
    )
    appeal_words = models.TextField(max_length=MAX_WORDS, blank=True)
    appealed_at = models.DateTimeField(null=True, blank=True)
    is_upheld = models.BooleanField(
        null=True, blank=True, help_text=_("Whether the appeal left the decision as it was.")
    )
    appeal_answer = models.CharField(max_length=300, blank=True)
    appeal_decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    appeal_decided_at = models.DateTimeField(null=True, blank=True)
    delete_at = models.DateTimeField(null=True, blank=True, help_text=_("When the case and its evidence are deleted."))

    class Meta:
        verbose_name, verbose_name_plural = _("report"), _("reports")
        indexes = [
            models.Index(fields=["state", "-rank", "opened_at", "id"], name="case_inbox"),
            models.Index(fields=["state", "opened_at"], name="case_age"),
            models.Index(fields=["key"], name="case_key"),
            models.Index(fields=["delete_at"], condition=Q(delete_at__isnull=False), name="case_deleted"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(state="open"), name="case_open_once"),
            models.CheckConstraint(condition=Q(state__in=["open", "closed"]) | ~Q(verdict=""), name="case_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.get_subject_display()} {self.opened_at:%Y-%m-%d %H:%M}"


class Report(Leased):
    """What one reporter said. A second report of the same person about the same thing replaces the first.

    Of a guest, `reporter_key` is a hash that differs from case to case. The lease is for the answer.
    """

    policy = Policy(tries=10, first_delay=timedelta(minutes=1))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: "report_once" begins with it.
    case = models.ForeignKey(ReportCase, on_delete=models.CASCADE, related_name="reports", db_index=False)
    reporter = models.ForeignKey(
        Profile, on_delete=models.SET_NULL, null=True, blank=True, related_name="reports_made", db_index=False
    )
    reporter_key = HexField(max_length=32)
    reason = models.CharField(max_length=13, choices=Reason.choices)
    words = models.TextField(max_length=MAX_WORDS, blank=True)
    guest_email = models.EmailField(blank=True, help_text=_("Where a guest wants the answer."))
    language = models.CharField(max_length=16, blank=True)
    weight = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta(Leased.Meta):
        verbose_name, verbose_name_plural = _("answer to a reporter"), _("answers to reporters")
        indexes = [
            models.Index(fields=["reporter", "-at"], name="report_by_reporter"),
            models.Index(fields=["-at", "-id"], name="report_by_time"),
            *Leased.Meta.indexes,
        ]
        constraints = [models.UniqueConstraint(fields=["case", "reporter_key"], name="report_once")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.at:%Y-%m-%d %H:%M}"
