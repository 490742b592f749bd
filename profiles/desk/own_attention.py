"""What waits for staff in this app, and its figures of today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.app_labels import PROFILES
from profiles.desk.counts import BOUND, bounded_count, count_newest, today
from profiles.desk.parts import AttentionSource, Figure, Severity, Waiting, Words
from profiles.leases import get_attention
from profiles.models import AuditEntry, Notice, Profile

WEEK = timedelta(days=7)
AUDIT = f"admin:{PROFILES}_auditentry_changelist"


def find_jobs() -> Iterator[Waiting]:
    """Yield each kind of job of which some were given up."""
    for found in get_attention(BOUND):
        label = _("given up: %(kind)s") % {"kind": found.name}
        yield Waiting(label, found.count, found.url, Severity.WORK)


def find_bounced() -> Iterator[Waiting]:
    bounced = Notice.objects.exclude(mail_refusal="").filter(at__gte=timezone.now() - WEEK)
    url = reverse(f"admin:{PROFILES}_notice_changelist") + "?mail_refusal__isempty=0"
    yield Waiting(_("mails of this week that were refused"), bounded_count(bounced), url, Severity.NOTICE)


def find_lost_pictures() -> Iterator[Waiting]:
    """Yield pictures of this week that the object store lost."""
    count = count_newest(_newest_of("avatar.lost"), "at", timezone.now() - WEEK)
    yield Waiting(_("pictures that the store lost this week"), count, _audit("avatar.lost"), Severity.ALARM)


def count_done(action: str) -> int:
    return count_newest(_newest_of(action), "at", today())


def _newest_of(action: str) -> QuerySet[AuditEntry]:
    """Return the audit entries of this action, newest first, in the order of the index "audit_by_action".

    Of a frequent action, PostgreSQL would read all entries backward until it has enough, however many others are newer.
    It does not for a range, as only that index has this order.
    """
    return AuditEntry.objects.filter(action__gte=action, action__lte=action).order_by("action", "-pk")


def count_new_people() -> int:
    return count_newest(Profile.objects.order_by("-pk"), "created_at", today())


def done_today(slug: str, label: Words, action: str) -> Figure:
    """Return a figure of audit entries of one action, with the audit as its list."""
    return Figure(slug, label, partial(count_done, action), partial(_audit, action), f"{PROFILES}.view_auditentry")


def _audit(action: str) -> str:
    return f"{reverse(AUDIT)}?action={action}"


def _list_people() -> str:
    return reverse(f"admin:{PROFILES}_profile_changelist")


SOURCES = (
    AttentionSource("jobs", gettext_lazy("Jobs"), find_jobs),
    AttentionSource("mail", gettext_lazy("Mail"), find_bounced, f"{PROFILES}.view_notice"),
    AttentionSource("store", gettext_lazy("Stored pictures"), find_lost_pictures, f"{PROFILES}.view_auditentry"),
)
FIGURES = (
    Figure("people", gettext_lazy("new people"), count_new_people, _list_people, f"{PROFILES}.view_profile"),
    done_today("pictures", gettext_lazy("new pictures"), "avatar.set"),
    done_today("moderated", gettext_lazy("pictures removed by staff"), "avatar.moderate"),
    done_today("lost", gettext_lazy("marks lost"), "avatar.withdraw"),
)
