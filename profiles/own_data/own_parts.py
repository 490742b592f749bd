"""What `profiles` itself keeps of a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from profiles.models import (
    AccountDeletion,
    ApiAnswer,
    ApiToken,
    AuditEntry,
    Avatar,
    Block,
    BlockHash,
    BlockMark,
    DataExport,
    EmailName,
    FormerHandle,
    Hold,
    LinkCheck,
    Notice,
    Profile,
    Report,
    ReportCase,
    StaffNote,
    UploadTicket,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from profiles.own_data.parts import (
    ExportFile,
    Files,
    Part,
    leave_out,
    register_eraser,
    register_files,
    register_part,
)
from profiles.people.handles import retire_handle
from profiles.sentences import gettext_noop
from profiles.serving.receipt import build_signed_receipt
from profiles.serving.showing import shown_picture
from profiles.store import exports, objects
from profiles.store.images import rendition_key_of
from profiles.store.renditions import pick_rendition

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

OWNER = "profile__user"
SHOWN_SIZE = 1024
PARTS = (
    Part(
        Profile,
        "user",
        "profile",
        gettext_noop("What your page says, and what you decided about your picture."),
        ("handle", "display_name", "pronouns", "bio", "links", "avatar_id", "is_found_by_email", "on_loss",
         "returns_by_itself", "language", "notice_choices", "created_at", "updated_at"),
        {
            "avatar_version": gettext_noop("A count by which caches see changes."),
            "is_hidden": gettext_noop("Follows from your account's state."),
            "is_hidden_by_staff": gettext_noop("What was decided about you is in decisions.json."),
            "unread_notices": gettext_noop("Counts the unread ones of notices.json."),
            "asking_notices": gettext_noop("Counts those of them that every page shows."),
        },
    ),
    Part(
        Avatar,
        OWNER,
        "pictures",
        gettext_noop("Your picture history. The picture with the id in “id” is in pictures/."),
        ("id", "source", "reference", "state", "reason", "is_locked", "title", "alt_text", "created_at", "chosen_at",
         "removed_at", "attested_at", "is_doubted", "lost_at", "is_offered", "provenance"),
        {
            "image_id": gettext_noop("The picture itself is in pictures/."),
            "uncut_id": gettext_noop("So is what it was cut from."),
        },
    ),
    Part(
        Notice,
        OWNER,
        "notices",
        gettext_noop("What we told you about your pictures and your account."),
        ("id", "avatar_id", "kind", "subject", "sentence", "facts", "at", "is_on_site", "read_at", "mail_to",
         "mailed_at", "mail_refusal"),
    ),
    Part(
        FormerHandle,
        OWNER,
        "former_handles",
        gettext_noop("Handles that you left, and until when they lead to your new one."),
        ("handle", "left_at", "kept_until"),
    ),
    Part(
        LinkCheck,
        OWNER,
        "link_checks",
        "When we last saw that the pages you link to link back to yours.",
        ("url", "verified_at", "checked_at"),
    ),
    Part(
        EmailName,
        OWNER,
        "email_hashes",
        gettext_noop("The hashes of e-mail addresses by which others find your picture, if you allowed it."),
        ("sha256", "md5"),
    ),
    Part(
        AuditEntry,
        OWNER,
        "audit",
        gettext_noop("What was done to your picture and account, and when."),
        ("action", "detail", "at", "is_by_staff"),
        {"actor_id": gettext_noop("Who on the site's team did it is about them.")},
    ),
    Part(
        UploadTicket,
        OWNER,
        "uploads",
        gettext_noop("Uploads that went straight to the object store, until they are tidied up."),
        ("id", "byte_count", "content_type", "created_at", "expires_at", "used_at"),
        {"key": gettext_noop("An address inside our store.")},
    ),
    Part(
        ApiToken,
        OWNER,
        "api_tokens",
        gettext_noop("Your API tokens, without the secrets, which we do not have."),
        ("id", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"),
        {"digest": gettext_noop("It checks the secret.")},
    ),
    Part(
        WebhookEndpoint,
        OWNER,
        "webhooks",
        gettext_noop("Where programs of yours receive events, without the secrets."),
        ("id", "url", "events", "created_at", "stopped_at", "stop_reason", "failing_since", "former_until"),
        {
            "secret": gettext_noop("It signs what we send."),
            "former_secret": gettext_noop("So did this one."),
        },
    ),
    Part(
        WebhookEvent,
        OWNER,
        "webhook_events",
        gettext_noop("What programs were told about you, until it is deleted."),
        ("id", "type", "data", "own", "at"),
    ),
    Part(
        WebhookDelivery,
        "endpoint__profile__user",
        "webhook_deliveries",
        gettext_noop("How sending these events to your programs went."),
        ("id", "event_id", "endpoint_id", "state", "created_at", "tried_at", "status", "milliseconds"),
    ),
    Part(
        ReportCase,
        OWNER,
        "decisions",
        "What was reported about you and decided by our team, and your appeals. Who reported is not in it.",
        ("id", "avatar_id", "subject", "sha256", "source", "reference", "shown", "state", "opened_at", "verdict", "why",
         "words", "decided_at", "appeal_words", "appealed_at", "is_upheld", "appeal_answer", "appeal_decided_at",
         "delete_at"),
        {
            "key": "It tells reports apart.",
            "image_id": "Your pictures are in pictures/.",
            "report_count": "How many reported it could tell who did.",
            "rank": "It sorts our team's list.",
            "assignee_id": "Who on the site's team works on it is about them.",
            "decided_by_id": "Who on the site's team did it is about them.",
            "appeal_decided_by_id": "Who on the site's team did it is about them.",
            "effect": "What undoing the decision would change back.",
        },
    ),
    Part(
        Report,
        "reporter__user",
        "reports",
        "What you reported to our team.",
        ("id", "reason", "words", "at", "language", "answered_at"),
        {
            "case_id": "What was decided is in notices.json.",
            "reporter_key": "A hash by which your second report about the same thing is found.",
            "guest_email": "Only guests leave one.",
            "weight": "It sorts our team's list.",
        },
    ),
)  # fmt: skip


def register() -> None:
    for part in PARTS:
        register_part(part)
    leave_out(DataExport, "It is this file.")
    leave_out(ApiAnswer, "A copy of what a program was answered, which is deleted after a day.")
    leave_out(StaffNote, "Notes of staff may name others, such as whoever complained: they are given on request.")
    leave_out(Block, "It is about pictures, whoever shows them; that you made it is about the site's team.")
    for model in (BlockHash, BlockMark):
        leave_out(model, "It belongs to a block, and is about pictures.")
    leave_out(Hold, "Why a picture of yours is held stands with the picture.")
    leave_out(AccountDeletion, "While it is there, nothing can be exported.")
    register_files(
        Files("pictures", gettext_noop("Your pictures: as we keep them (kept), and as shown (shown)."), list_pictures)
    )
    register_files(
        Files("receipts", gettext_noop("The signed receipt of the picture that others see now."), list_receipts)
    )
    register_eraser("profiles.reports.upkeep.erase")
    register_eraser(f"{__name__}.{erase.__name__}")


def list_pictures(user: User) -> Iterator[ExportFile]:
    """Yield two files for each entry of the history: all that is kept of it, and its largest square."""
    avatars = Avatar.objects.filter(profile__user=user).order_by("pk")
    pages = avatars.select_related("image", "uncut").prefetch_related("image__renditions").iterator(chunk_size=200)
    for avatar in pages:
        master = objects.master_key(avatar.whole.sha256)
        yield ExportFile(f"{avatar.pk}-kept.webp", partial(objects.get_if_intact, master))
        square = pick_rendition(avatar.image.renditions.all(), SHOWN_SIZE)
        if square is not None:
            name = f"{avatar.pk}-shown.{objects.EXTENSIONS[square.format]}"
            yield ExportFile(name, partial(objects.get_if_intact, rendition_key_of(square)))


def list_receipts(user: User) -> Iterator[ExportFile]:
    profile = Profile.objects.select_related("avatar__image").get(user=user)
    receipt = build_signed_receipt(profile, shown_picture(profile, timezone.now()))
    content = json.dumps(receipt, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False).encode()
    yield ExportFile("current.json", lambda: content)


def erase(user: User, now: datetime) -> None:
    """Delete the file of an export, and retire the handles. The rows and pictures go with the profile."""
    for export in DataExport.objects.filter(profile__user=user):
        exports.delete(export.key)
    left = FormerHandle.objects.filter(profile__user=user).values_list("handle", flat=True)
    for handle in [*Profile.objects.filter(user=user).values_list("handle", flat=True), *left]:
        retire_handle(handle, now)
