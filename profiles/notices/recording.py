"""Record notices in the transaction of what they report, mark them as read, and delete old ones.

`Profile.unread_notices` and `asking_notices` count the unread ones. Each change here locks the profile and counts anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q

from profiles.jobs import job
from profiles.models import Avatar, Notice, Profile
from profiles.notices import choices
from profiles.notices.kinds import ASKING, REQUIRED, RULES
from profiles.notices.reader import lock_reader
from profiles.sentences import dump_sentence

# How long notices are kept, read or not.
KEPT = timedelta(days=90)
# Notices of one person. The oldest are deleted.
MOST = 200
# Notices that the pages of a person ask about at the same time.
SHOWN = 3
# Old notices by which one run finds people.
PAGE = 200


@dataclass(frozen=True)
class NewNotice:
    """What happened. `subject` is the key of the row that it is about, and with `at` and the kind says which it is.

    facts: names and texts as they are now, since a page shows the notice later. mail_to: another address than the
    person's confirmed one, as after a change of it. is_mailed: False where they were told by mail lately.
    """

    kind: Notice.Kind
    at: datetime
    subject: str = ""
    avatar: Avatar | None = None
    sentence: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    mail_to: str = ""
    is_mailed: bool = True


def record_notice(profile_id: int, new: NewNotice) -> Notice | None:
    """Record a notice within the caller's transaction. Return None if it was recorded before, or nobody wants it."""
    rule = RULES[new.kind]
    with lock_reader(profile_id) as owner:
        if owner is None:
            return None
        is_on_site = choices.is_wanted(owner, new.kind, choices.SITE)
        is_mailed = new.is_mailed and choices.is_wanted(owner, new.kind, choices.MAIL)
        if not is_on_site and not is_mailed:
            return None
        facts = {
            "avatar": new.avatar,
            "sentence": new.sentence,
            "facts": {name: dump_sentence(text) for name, text in new.facts.items()},
            "is_on_site": is_on_site,
            "mail_to": new.mail_to,
            "due_at": new.at + rule.mail_after if is_mailed else None,
        }
        notice, is_new = owner.notices.get_or_create(kind=new.kind, subject=new.subject, at=new.at, defaults=facts)
        if is_new:
            _delete_beyond(owner)
            _count(owner)
    return notice if is_new else None


def mark_read(profile_id: int, now: datetime, which: Q | None = None) -> int:
    """Mark unread notices as read: those of `which`, or else all that stand on pages. Return how many.

    A mail that is still due is not sent: the person knows. Those that nobody can switch off are sent nevertheless.
    """
    with lock_reader(profile_id) as owner:
        if owner is None:
            return 0
        return _mark(owner, now, Q(is_on_site=True) if which is None else which)


def is_mine(profile: Profile, which: Q) -> bool:
    return profile.notices.filter(which).exists()


def delete_notices(profile_ids: Iterable[int], which: Q) -> None:
    """Delete notices of these people, as of something that did not happen after all."""
    for profile_id in sorted(set(profile_ids)):
        with lock_reader(profile_id) as owner:
            if owner is not None:
                owner.notices.filter(which).delete()
                _count(owner)


def get_asking(profile: Profile) -> list[Notice]:
    """Return the newest few unread notices that ask for something, for any page."""
    asking = profile.notices.unread().filter(kind__in=ASKING).select_related("avatar__image")
    return list(asking.prefetch_related("avatar__image__renditions")[:SHOWN])


@job(every=timedelta(minutes=10))
def delete_old(now: datetime) -> None:
    """Delete notices older than KEPT."""
    old = Q(at__lt=now - KEPT)
    delete_notices(Notice.objects.filter(old).order_by("at").values_list("profile_id", flat=True)[:PAGE], old)


def _mark(owner: Profile, now: datetime, which: Q) -> int:
    unread = owner.notices.filter(which, read_at__isnull=True)
    pks = list(unread.values_list("pk", flat=True))
    if not pks:
        return 0
    mine = owner.notices.filter(pk__in=pks)
    mine.exclude(kind__in=REQUIRED).update(due_at=None, attempt=None)
    mine.update(read_at=now)
    _count(owner)
    return len(pks)


def _delete_beyond(owner: Profile) -> None:
    beyond = owner.notices.order_by("-at", "-id").values_list("pk", flat=True)[MOST : 2 * MOST]
    if pks := list(beyond):
        owner.notices.filter(pk__in=pks).delete()


def _count(owner: Profile) -> None:
    asking = Count("pk", filter=Q(kind__in=ASKING))
    unread = owner.notices.unread().order_by().aggregate(unread_notices=Count("pk"), asking_notices=asking)
    if any(getattr(owner, name) != count for name, count in unread.items()):
        Profile.objects.filter(pk=owner.pk).update(**unread)
