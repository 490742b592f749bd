"""Uploads that go straight from the browser to the object store.

A ticket permits posting one object, of one type and exact size, under a key that nobody serves. What arrived becomes a
picture only through `set_avatar`, like any other upload. The object itself is deleted in every case.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.template.defaultfilters import filesizeformat

from profiles import settings
from profiles.errors import Kind
from profiles.images.formats import UPLOAD_NAMES, UPLOAD_TYPES
from profiles.images.picture import UNCHANGED, Edit
from profiles.models import Avatar, Profile, UploadTicket
from profiles.pictures.changing import AvatarError
from profiles.pictures.history import AvatarDetails, set_avatar
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.sources import UPLOAD
from profiles.store import objects
from profiles.store.errors import ObjectMissing, StorageError
from profiles.store.s3 import PostForm

logger = logging.getLogger(__name__)

CONTENT_TYPES = frozenset(UPLOAD_TYPES)
# A post must begin within this time; the store refuses later ones.
LIFE = timedelta(minutes=10)
# How long after its end a ticket is still redeemed: the last bytes may have been under way.
LATE = timedelta(minutes=2)


# The store takes no posts, or the site does not want them.
NO_DIRECT_UPLOAD = Kind("no-direct-upload", gettext_noop("No direct upload"), 404)
# The requested size or type is not accepted.
TICKET_REFUSED = Kind("ticket-refused", gettext_noop("The upload can't be accepted"), 422)
# The ticket is not this person's, used, or too old.
TICKET_UNKNOWN = Kind("ticket-unknown", gettext_noop("No such upload"), 404)
# The ticket is spent, and the store holds nothing or something else.
NOTHING_ARRIVED = Kind("nothing-arrived", gettext_noop("The upload is incomplete"), 409)


@dataclass(frozen=True)
class DirectUpload:
    """The form to post the bytes to, and the ticket to redeem afterwards."""

    ticket: UploadTicket
    form: PostForm


def takes_direct_uploads() -> bool:
    return settings.current().direct_upload and objects.takes_posts()


def issue_ticket(profile: Profile, byte_count: int, content_type: str, now: datetime) -> DirectUpload:
    """Create a ticket, and the form to post with it.

    Raise AvatarError of the kind NO_DIRECT_UPLOAD or TICKET_REFUSED, or StorageError.
    """
    if not takes_direct_uploads():
        raise AvatarError(_("This site takes pictures through its upload form only."), NO_DIRECT_UPLOAD)
    _check_size_and_type(byte_count, content_type)
    ticket_id = uuid.uuid4()
    key = objects.incoming_key(ticket_id)
    form = objects.post_form(key, content_type, byte_count, seconds=int(LIFE.total_seconds()))
    ticket = UploadTicket.objects.create(
        id=ticket_id,
        profile=profile,
        key=key,
        byte_count=byte_count,
        content_type=content_type,
        expires_at=now + LIFE,
    )
    return DirectUpload(ticket, form)


def redeem_ticket(
    profile: Profile, ticket_id: uuid.UUID, details: AvatarDetails, now: datetime, *, edit: Edit = UNCHANGED
) -> Avatar:
    """Make what arrived, turned and cropped by `edit`, the person's picture. Any attempt spends the ticket.

    Raise AvatarError of the kind TICKET_UNKNOWN or NOTHING_ARRIVED, StorageError, and what `set_avatar` raises; then
    the earlier picture stands.
    """
    ticket = _spend(profile, ticket_id, now)
    try:
        content = _read_whole(ticket)
        source = UPLOAD
        return set_avatar(profile, content, source, details=details, actor=profile.user, edit=edit)
    finally:
        _discard(ticket)


def _check_size_and_type(byte_count: int, content_type: str) -> None:
    most = settings.current().upload_max_bytes
    if not 1 <= byte_count <= most:
        raise AvatarError(_("Pictures may have from 1 byte to %(most)s.", most=filesizeformat(most)), TICKET_REFUSED)
    if content_type not in CONTENT_TYPES:
        raise AvatarError(
            _("Only %(upload_names)s pictures can be uploaded.", upload_names=_(UPLOAD_NAMES)), TICKET_REFUSED
        )


def _spend(profile: Profile, ticket_id: uuid.UUID, now: datetime) -> UploadTicket:
    """Mark the ticket used. One statement decides who may use it, however many requests come at once."""
    own = UploadTicket.objects.filter(pk=ticket_id, profile=profile)
    if not own.filter(used_at=None, expires_at__gt=now - LATE).update(used_at=now):
        sentence = _("This upload is unknown, was finished before, or took too long. Please start it again.")
        raise AvatarError(sentence, TICKET_UNKNOWN)
    return own.get()


def _read_whole(ticket: UploadTicket) -> bytes:
    """Read what arrived, and check its size: the store was told it, but may not have enforced it."""
    try:
        content = objects.read_incoming(ticket.key, ticket.byte_count + 1)
    except ObjectMissing:
        content = b""
    if len(content) != ticket.byte_count:
        raise AvatarError(_("The picture did not arrive whole in the store. Please upload it again."), NOTHING_ARRIVED)
    return content


def _discard(ticket: UploadTicket) -> None:
    try:
        objects.delete(ticket.key)
    except StorageError as error:
        logger.warning("%s could not be deleted; the janitor will: %s", ticket.key, error)
