"""Set, choose, remove, restore and describe a person's pictures.

All functions may raise AvatarError; `set_avatar` also raises PictureError and StorageError. The locks and the rule of
the pointer are in `profiles.pictures.changing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from profiles.audit import record
from profiles.images.errors import DecoderUnavailable
from profiles.images.picture import UNCHANGED, UPRIGHT, Edit
from profiles.models import Avatar, Profile, StoredImage
from profiles.models.display import Display, decide_display
from profiles.pictures.changing import (
    AvatarError,
    AvatarNotShowable,
    NoSuchAvatar,
    lock_profile,
    own_avatar,
    refresh_current,
    time_of_choice,
    update_avatar,
)
from profiles.pictures.classifying import want_classification
from profiles.pictures.holds import hold_marked
from profiles.pictures.notices import answer_all
from profiles.sentences import gettext as _
from profiles.sources import UPLOAD, get_source
from profiles.store import objects
from profiles.store.images import keep_image
from profiles.store.purge import offer_to_purge
from profiles.store.squares import want_all_squares
from profiles.text import one_line

State = Avatar.State
# The stored image was purged before its entry was made: begin again with its bytes.
IMAGE_GONE = DecoderUnavailable.kind


@dataclass(frozen=True)
class AvatarDetails:
    """What is known about a picture besides its pixels. Texts are cleaned and cut to their columns.

    `attested_at`, when the right to show it was last proved, is required for every source but uploads. `chosen_at` is
    its place in the history if that is not first, as for pictures that are imported (profiles.pictures.importing).
    """

    title: str = ""
    alt_text: str = ""
    attested_at: datetime | None = None
    provenance: Mapping[str, object] | None = None
    chosen_at: datetime | None = None

    @property
    def reference(self) -> str:
        """Tell pictures of the same pixels apart: two assets of one person may share an image, never an entry."""
        return str((self.provenance or {}).get("asset_id", ""))

    def columns(self) -> dict[str, object]:
        return {
            "title": one_line(self.title)[:200],
            "alt_text": one_line(self.alt_text)[:300],
            "attested_at": self.attested_at,
            "provenance": self.provenance,
        }


def set_avatar(
    profile: Profile,
    content: bytes,
    source: str,
    *,
    details: AvatarDetails,
    actor: AbstractBaseUser | None,
    edit: Edit = UNCHANGED,
) -> Avatar:
    """Decode `content` in a child, store it, turned and cropped by `edit`, and make it the person's picture.

    Of what is cut off, the whole turned picture is kept as the entry's `uncut`, unless `edit` says otherwise: for
    its owner only, and to choose another part of it later. The same part of the same picture from the same source is
    chosen again, not doubled. If anything raises, the earlier picture stays and nothing visible was stored. The
    instance `profile` is not changed: read it again afterwards. Raise ValueError for a source that is not registered.
    """
    get_source(source)
    uncut = None
    if edit.part is not None and edit.keeps_rest:  # first: a blocked picture is found whole
        uncut = keep_image(content, svg_allowed=source != UPLOAD, edit=edit.whole(), sizes=()).row
    image = keep_image(content, svg_allowed=source != UPLOAD, edit=edit).row
    return attach_avatar(profile, image, source, details=details, actor=actor, uncut=uncut)


def attach_avatar(
    profile: Profile,
    image: StoredImage,
    source: str,
    *,
    details: AvatarDetails,
    actor: AbstractBaseUser | None,
    uncut: StoredImage | None = None,
    action: str = "avatar.set",
    facts: Mapping[str, object] | None = None,
) -> Avatar:
    """Like `set_avatar`, for an image that is stored already, and the `uncut` it was cut from: no second decode.

    A picture that must be checked by a person, or first by the classifier, is HELD: in the history, and not shown.
    `action` and `facts` are for the audit.
    """
    get_source(source)
    with lock_profile(profile.pk) as owner:
        locked = _lock_images({image.pk, image.pk if uncut is None else uncut.pk})
        held = locked.pop(image.pk)
        want_all_squares(held, timezone.now())
        whole = None if uncut is None else locked.get(uncut.pk)  # nothing was cut if both are the same
        avatar = _create_or_reuse(owner, held, source, details, whole)
        hold_marked(avatar, want_classification(held, timezone.now()))
        answer_all(owner)
        said = {"avatar": str(avatar.pk), "source": source, "sha256": held.sha256, **(facts or {})}
        refresh_current(owner, action, actor, **said)
    return avatar


def choose_avatar(profile: Profile, avatar_id: UUID, actor: AbstractBaseUser | None) -> Avatar:
    """Use an entry of the history again. Raise NoSuchAvatar or AvatarNotShowable."""
    with lock_profile(profile.pk) as owner:
        avatar = own_avatar(owner, avatar_id)
        if not avatar.is_showable(timezone.now()):
            raise AvatarNotShowable(_why_not(avatar))
        update_avatar(avatar, chosen_at=time_of_choice(owner), is_offered=False)
        hold_marked(avatar)
        answer_all(owner)
        refresh_current(owner, "avatar.choose", actor, avatar=str(avatar.pk))
    return avatar


def remove_avatar(profile: Profile, avatar_id: UUID, actor: AbstractBaseUser | None) -> Avatar:
    """Take an entry out of the history. The most recently chosen one left takes its place.

    `restore_avatar` brings it back within AVATAR_UNDO_SECONDS. After that, row and bytes are erased.
    """
    with lock_profile(profile.pk) as owner:
        avatar = own_avatar(owner, avatar_id)
        if avatar.state != State.REMOVED:
            update_avatar(avatar, state=State.REMOVED, removed_at=timezone.now())
            refresh_current(owner, "avatar.remove", actor, avatar=str(avatar.pk))
    return avatar


def clear_avatar(profile: Profile, actor: AbstractBaseUser | None) -> None:
    """Show no picture: take the one in use out of the history, as `remove_avatar` does.

    All others stay in the history, and wait until their person chooses one: none comes back by itself, not even if its
    right does. Nothing happens to a person without a picture in use.
    """
    with lock_profile(profile.pk) as owner:
        removed = None if owner.avatar_id is None else own_avatar(owner, owner.avatar_id)
        if removed is None or removed.is_offered:  # nothing is shown
            return
        update_avatar(removed, state=State.REMOVED, removed_at=timezone.now())
        owner.avatars.exclude(state=State.REMOVED).update(is_offered=True, lost_at=None)
        refresh_current(owner, "avatar.remove", actor, avatar=str(removed.pk))


def restore_avatar(profile: Profile, avatar_id: UUID, actor: AbstractBaseUser | None) -> Avatar:
    """Undo `remove_avatar`. An entry whose right was lost meanwhile comes back as withdrawn."""
    with lock_profile(profile.pk) as owner:
        avatar = own_avatar(owner, avatar_id)
        if avatar.is_locked:
            raise AvatarNotShowable(_why_not(avatar))
        if avatar.state == State.REMOVED:
            is_right_kept = avatar.source == UPLOAD or avatar.attested_at is not None
            reason = "" if is_right_kept else avatar.reason or _("The right to show it was lost while it was removed.")
            update_avatar(
                avatar, state=State.ACTIVE if is_right_kept else State.WITHDRAWN, removed_at=None, reason=reason
            )
            hold_marked(avatar)
            refresh_current(owner, "avatar.restore", actor, avatar=str(avatar.pk))
    return avatar


def set_alt_text(profile: Profile, avatar_id: UUID, alt_text: str, actor: AbstractBaseUser | None) -> Avatar:
    with lock_profile(profile.pk) as owner:
        avatar = own_avatar(owner, avatar_id)
        update_avatar(avatar, alt_text=one_line(alt_text)[:300])
        record(owner, "avatar.alt", actor, avatar=str(avatar.pk))
    return avatar


def is_shown(owner: Profile, avatar: Avatar, now: datetime) -> bool:
    """Return whether others see `avatar` at `now`, as the person's picture in use."""
    return owner.avatar_id == avatar.pk and decide_display(avatar, owner.on_loss, now) is Display.SHOWN


def _lock_images(image_ids: set[int]) -> dict[int, StoredImage]:
    """Lock the images against the purge until the entry that uses them is committed."""
    rows = StoredImage.objects.select_for_update().filter(pk__in=image_ids).order_by("pk")
    locked = {image.pk: image for image in rows}
    if len(locked) < len(image_ids):
        raise AvatarError(_("The picture took too long to store. Please try again."), IMAGE_GONE)
    return locked


def _create_or_reuse(
    owner: Profile, image: StoredImage, source: str, details: AvatarDetails, uncut: StoredImage | None
) -> Avatar:
    avatar = owner.avatars.filter(image=image, source=source, reference=details.reference).first()
    if avatar is None:
        return owner.avatars.create(
            image=image,
            uncut=uncut,
            source=source,
            reference=details.reference,
            chosen_at=details.chosen_at or time_of_choice(owner),
            **details.columns(),
        )
    if avatar.is_locked:
        raise AvatarNotShowable(_why_not(avatar))
    new = {**details.columns(), "uncut": uncut}
    if avatar.uncut != uncut:
        offer_to_purge([avatar.uncut_id], timezone.now())
    kept = {name: getattr(avatar, name) for name in ("title", "alt_text") if not new[name]}
    fresh = {"state": State.ACTIVE, "removed_at": None, "reason": "", "lost_at": None, "is_offered": False}
    update_avatar(avatar, chosen_at=details.chosen_at or time_of_choice(owner), **(fresh | new | kept))
    return avatar


def _why_not(avatar: Avatar) -> str:
    if avatar.is_locked:
        return _("This picture was removed by the site's team: %(reason)s", reason=avatar.reason)
    if avatar.state == State.REMOVED:
        return _("This picture was removed. Undo that first.")
    if avatar.state in {State.WITHDRAWN, State.HELD}:
        return avatar.reason or _("The right to show this picture was lost.")
    return _(get_source(avatar.source).unchecked)


def croppable(profile: Profile, avatar_id: UUID) -> Avatar:
    """Return an active upload of the person, of which another part may be shown. Raise NoSuchAvatar.

    Pictures of other sources are not cropped: what proves them is about the whole picture.
    """
    uploads = profile.avatars.filter(state=State.ACTIVE, source=UPLOAD)
    avatar = uploads.select_related("image", "uncut").filter(pk=avatar_id).first()
    if avatar is None:
        raise NoSuchAvatar
    return avatar


def kept_bytes(avatar: Avatar) -> bytes:
    """Return all that is kept of the picture, for its owner only. Raise StorageError."""
    return objects.get(objects.master_key(avatar.whole.sha256))


def shown_bytes(avatar: Avatar) -> bytes:
    """Return the picture as it was cut, in our encoding. Raise StorageError."""
    return objects.get(objects.master_key(avatar.image.sha256))


def crop_again(profile: Profile, avatar_id: UUID, edit: Edit, actor: AbstractBaseUser | None) -> Avatar:
    """Make another part of all that is kept the person's picture, as a new entry; the old one stays.

    Raise NoSuchAvatar, StorageError, and what `set_avatar` raises.
    """
    avatar = croppable(profile, avatar_id)
    if avatar.uncut is None and edit.part is None and edit.turn == UPRIGHT:  # the entry shows just that
        return choose_avatar(profile, avatar_id, actor)
    details = AvatarDetails(title=avatar.title, alt_text=avatar.alt_text)
    image = keep_image(kept_bytes(avatar), edit=edit).row
    return attach_avatar(profile, image, avatar.source, details=details, actor=actor, uncut=avatar.whole)
