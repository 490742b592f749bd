"""Verified links: a page that a person links to is theirs if it links back to their public page with rel=me.

A worker reads each page once the link is saved, and again each week. A page that can't be read says nothing: a link
that was verified stays so for MAX_AGE, as long as nobody sees the page without the link back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse

from profiles import settings, sources
from profiles.errors import ExpectedError
from profiles.jobs import job
from profiles.leases import fresh, lease_row
from profiles.models import FormerHandle, LinkCheck, Profile
from profiles.people.backlinks import HTML_TYPES, find_backlinks, is_same_host
from profiles.people.links import link_label
from profiles.row_queue import queue_due

CHECKED_EVERY = timedelta(days=7)
MAX_AGE = timedelta(days=30)
#: After this, a person who saves their profile has their unverified links read again: they may have added the link.
ASK_AGAIN_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class ShownLink:
    """A link as pages show it. `verified_at`: when its page was last seen to link back, None if it is not verified."""

    url: str
    label: str
    verified_at: datetime | None
    is_read: bool
    """Whether the page was read, or could not be, since the link was added."""


def request_checks(profile: Profile, now: datetime) -> None:
    """Have the links of `profile` checked that are new or not verified, and forget those it no longer has."""
    checks = LinkCheck.objects.filter(profile=profile)
    checks.exclude(url__in=profile.links).delete()
    if not profile.links or not can_verify():
        return
    new = [LinkCheck(profile=profile, url=url, due_at=now) for url in profile.links]
    LinkCheck.objects.bulk_create(new, ignore_conflicts=True)
    was_read = Q(checked_at=None) | Q(checked_at__lte=now - ASK_AGAIN_AFTER)
    checks.filter(was_read, verified_at=None, attempt=None).update(**fresh(now))
    queue_due(check_link)


def can_verify() -> bool:
    """Return whether links can be verified: pages can be fetched, and people's pages have a whole address."""
    return sources.can_fetch_pages() and bool(settings.current().site_origin)


@job(queue="slow", rows=LinkCheck)
def check_link(check_id: int, now: datetime) -> None:
    """Read the page of one link, and record whether it links back."""
    check = lease_row(LinkCheck.objects.filter(pk=check_id), now)
    if check is None:
        return
    with check.attempting(now):
        if not can_verify():
            check.release()
            return
        try:
            page = sources.fetch_page(check.url)
        except ExpectedError as error:
            check.retry(error, now)  # also after what is permanent: a page that is gone today is no answer
            return
        verified_at = now if _links_back(page, check) else None
        check.release(now + CHECKED_EVERY, verified_at=verified_at, checked_at=now)


def shown_links(profile: Profile, now: datetime) -> list[ShownLink]:
    """Return a person's links in their order. Asks the database once, and not for people without links."""
    if not profile.links:
        return []
    checks = {check.url: check for check in LinkCheck.objects.filter(profile=profile)}
    return [_shown(url, checks.get(url), now) for url in profile.links]


def link_back(profile: Profile) -> str:
    """Return the HTML, to be shown as text, by which a page links back to a person's public page."""
    return f'<a rel="me" href="{public_address(profile.handle)}">{profile.handle}</a>'


def public_address(handle: str) -> str:
    """Return the whole address of a person's public page, to which their pages link back."""
    return settings.current().site_origin + reverse("profiles:public", args=[handle])


def _shown(url: str, check: LinkCheck | None, now: datetime) -> ShownLink:
    verified_at = check.verified_at if check is not None else None
    is_verified = verified_at is not None and verified_at > now - MAX_AGE
    is_read = check is not None and (check.checked_at is not None or bool(check.tries))
    return ShownLink(url, link_label(url), verified_at if is_verified else None, is_read)


def _links_back(page: sources.WebPage, check: LinkCheck) -> bool:
    # An address that leads elsewhere, as many sites let everybody make one, says nothing of its own site.
    if page.content_type not in HTML_TYPES or not is_same_host(page.url, check.url):
        return False
    found = {_comparable(url) for url in find_backlinks(page.content, page.url)}
    return bool(found & {_comparable(url) for url in _addresses_of(check.profile)})


def _addresses_of(profile: Profile) -> list[str]:
    """Return the addresses of a person's public page, also those that lead to it since the handle changed."""
    former = FormerHandle.objects.filter(profile=profile).values_list("handle", flat=True)
    return [public_address(handle) for handle in (profile.handle, *former)]


def _comparable(url: str) -> str:
    """Return an address without its scheme and a slash at its end: http leads to https, and both forms to the page."""
    return url.partition("://")[2].rstrip("/").lower()
