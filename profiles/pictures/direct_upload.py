"""Uploads that travel straight from the browser to the object store, past our processes.

A ticket is leave to post one object, of one type and exactly so many bytes, under a name nobody serves. What arrived
becomes a picture only through `set_avatar`, as any other upload; the object itself goes in every case.

TicketError            permanent: bool, sentence, slug
├── NoDirectUpload     permanent; this store takes no posts, or the site does not want them
├── TicketRefused      permanent; no such size or type
├── TicketUnknown      permanent; not this person's, used, or too old
└── NothingArrived     permanent; the ticket is spent, and the store holds nothing or something else
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.template.defaultfilters import filesizeformat

from profiles import settings
from profiles.images.picture import Crop
from profiles.models import Avatar, Profile, UploadTicket
from profiles.pictures.history import AvatarDetails, set_avatar
from profiles.sources import UPLOAD
from profiles.store import objects
from profiles.store.s3 import PostForm

logger = logging.getLogger(__name__)

CONTENT_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"})
#: A post must begin within this time; the store refuses later ones.
LIFE = timedelta(minutes=10)
#: How long after its end a ticket is still redeemed: the last bytes may have been under way.
LATE = timedelta(minutes=2)


class TicketError(Exception):
    permanent: ClassVar[bool] = True
    slug: ClassVar[str] = "ticket-refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoDirectUpload(TicketError):
    slug = "no-direct-upload"

    def __init__(self) -> None:
        super().__init__("This site takes pictures through its upload form only.")


class TicketRefused(TicketError):
    pass


class TicketUnknown(TicketError):
    slug = "ticket-unknown"

    def __init__(self) -> None:
        super().__init__("This upload is unknown, was finished before, or took too long. Please start it again.")


class NothingArrived(TicketError):
    slug = "nothing-arrived"

    def __init__(self) -> None:
        super().__init__("The picture did not arrive whole in the store. Please upload it again.")


@dataclass(frozen=True)
class DirectUpload:
    """Where to post the bytes, and the ticket to name when that is done."""

    ticket: UploadTicket
    form: PostForm


def takes_direct_uploads() -> bool:
    return settings.direct_upload() and objects.takes_posts()


def issue_ticket(profile: Profile, byte_count: int, content_type: str, now: datetime) -> DirectUpload:
    """Raises NoDirectUpload, TicketRefused or storage.StorageError."""
    if not takes_direct_uploads():
        raise NoDirectUpload
    _check_wish(byte_count, content_type)
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
    profile: Profile, ticket_id: uuid.UUID, details: AvatarDetails, now: datetime, *, crop: Crop | None = None
) -> Avatar:
    """Make what arrived, or the part `crop` of it, the person's picture. A ticket is spent by the attempt,
    whatever comes of it.

    Raises TicketError, storage.StorageError, and what `set_avatar` raises; then the earlier picture stands.
    """
    ticket = _spend(profile, ticket_id, now)
    try:
        content = _read_whole(ticket)
        source = UPLOAD
        return set_avatar(profile, content, source, details=details, actor=profile.user, crop=crop)
    finally:
        _discard(ticket)


def _check_wish(byte_count: int, content_type: str) -> None:
    most = settings.upload_max_bytes()
    if not 1 <= byte_count <= most:
        raise TicketRefused(f"Pictures may have from 1 byte to {filesizeformat(most)}.")
    if content_type not in CONTENT_TYPES:
        raise TicketRefused("Only JPEG, PNG, GIF, WebP and AVIF pictures can be uploaded.")


def _spend(profile: Profile, ticket_id: uuid.UUID, now: datetime) -> UploadTicket:
    """One statement decides who may use it, however many ask at once."""
    own = UploadTicket.objects.filter(pk=ticket_id, profile=profile)
    if not own.filter(used_at=None, expires_at__gt=now - LATE).update(used_at=now):
        raise TicketUnknown
    return own.get()


def _read_whole(ticket: UploadTicket) -> bytes:
    """The store was told the exact size; that it kept to it is not taken on trust."""
    try:
        content = objects.read_incoming(ticket.key, ticket.byte_count + 1)
    except objects.ObjectMissing:
        raise NothingArrived from None
    if len(content) != ticket.byte_count:
        raise NothingArrived
    return content


def _discard(ticket: UploadTicket) -> None:
    try:
        objects.delete(ticket.key)
    except objects.StorageError as error:
        logger.warning("%s could not be deleted; the janitor will: %s", ticket.key, error)
