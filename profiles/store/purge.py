"""Delete stored images that nothing uses any more: their objects, then their rows.

An image is looked at when its `purge_at` has come: AVATAR_UNUSED_SECONDS after it was stored, and whenever a row that
used it is gone. If it is in use, `purge_at` is emptied, so that a run reads candidates only. `find_unused_images` walks
through all images slowly, for those that were never offered: by a crash, or by another app's rows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError, models, transaction
from django.db.models import PROTECT, Exists, OuterRef, Q, QuerySet
from django.db.models.signals import post_delete
from django.utils import timezone

from profiles import settings
from profiles.audit import record
from profiles.jobs import job
from profiles.models import Avatar, Rendition, ReportCase, StoredImage
from profiles.store import objects
from profiles.store.errors import StorageError
from profiles.store.images import rendition_key_of
from profiles.walks import walk

logger = logging.getLogger(__name__)

_BATCH = 200
#: Images in one step of the walk through all.
_PAGE = 1000
#: Consecutive failures after which the store is taken to be down.
_MAX_FAILURES = 5
_RETRY_AFTER = timedelta(minutes=1)


# Removed pictures can be brought back for 10 minutes and are gone from every store after 15.
@job(every=timedelta(minutes=2))
def purge_unreferenced_images(now: datetime, *, seconds: float = 60.0) -> int:
    """Delete removed pictures past their undo time, then every offered image without holder; return how many images.

    Idempotent, and safe to run concurrently. A picture that can't be deleted does not block the others. After several
    consecutive failures, expected or not, the last one is raised, and a later run tries all of them again.
    """
    ends_at = time.monotonic() + seconds
    while _delete_removed_avatars(now) == _BATCH and time.monotonic() < ends_at:
        pass
    _hide_moderated(now)
    deleted, failures = 0, 0
    while batch := _due(now):
        held = _keep_held(batch, now)
        away = _find_unseen(held, now)
        for image_id in batch - held | away:
            try:
                if image_id in away:
                    _put_away(image_id, now)
                else:
                    deleted += _purge(image_id, now)
                failures = 0
            except DatabaseError:
                raise
            except Exception as error:
                failures += 1
                unexpected = None if isinstance(error, StorageError) else error
                logger.warning("A stored picture could not be deleted yet: %s", error, exc_info=unexpected)
                StoredImage.objects.filter(pk=image_id).update(purge_at=now + _RETRY_AFTER)
                if failures == _MAX_FAILURES:
                    raise
            if time.monotonic() > ends_at:
                return deleted
    return deleted


@job(every=timedelta(minutes=2))
def find_unused_images(now: datetime, *, seconds: float = 0.05) -> None:
    """Offer images that nothing uses and nobody offered to the purge, in a walk through all images over many runs."""
    walk("unused-images", partial(_offer_page, now), seconds=seconds)


def offer_to_purge(image_ids: Iterable[int | None], now: datetime) -> None:
    """Have the purge look whether anything else uses these images. Call it in the transaction that ends a use.

    Not needed where a row that uses an image is deleted. None is skipped.
    """
    ids = [image_id for image_id in image_ids if image_id is not None]
    if ids:
        StoredImage.objects.filter(pk__in=ids).update(purge_at=now)


def watch_holders() -> None:
    """Offer an image whenever a row with on_delete=PROTECT that points at it is deleted, of this app or another."""
    for relation in _holders():
        receiver = partial(_offer_of_deleted, relation.field.attname)
        uid = f"profiles.purge.{relation.related_model._meta.label}.{relation.field.name}"  # noqa: SLF001 - public
        post_delete.connect(receiver, sender=relation.related_model, weak=False, dispatch_uid=uid)


def _offer_of_deleted(column: str, *, instance: models.Model, **_: object) -> None:
    offer_to_purge([getattr(instance, column)], timezone.now())


def _due(now: datetime) -> set[int]:
    due = StoredImage.objects.filter(purge_at__lte=now).order_by("purge_at")
    return set(due.values_list("pk", flat=True)[:_BATCH])


def _keep_held(image_ids: Collection[int], now: datetime) -> set[int]:
    """Empty `purge_at` of those in use, and put off those touched lately. Return both.

    The rows are locked before their holders are looked for: one that is deleted meanwhile offers its image afterwards.
    """
    with transaction.atomic():
        rows = StoredImage.objects.filter(pk__in=image_ids)
        locked = rows.select_for_update(no_key=True).order_by("pk").values_list("pk", "touched_at")
        fresh = {pk for pk, at in locked if at >= now - settings.current().unused_image_age}
        held = set(rows.filter(is_held()).values_list("pk", flat=True))
        StoredImage.objects.filter(pk__in=fresh).update(purge_at=now + _RETRY_AFTER)
        StoredImage.objects.filter(pk__in=held).update(purge_at=None)
    return held | fresh


def _offer_page(now: datetime, after: int | None) -> int | None:
    page = list(StoredImage.objects.filter(pk__gt=after or 0).order_by("pk").values_list("pk", flat=True)[:_PAGE])
    if not page:
        return None
    old = StoredImage.objects.filter(pk__in=page, touched_at__lt=now - settings.current().unused_image_age)
    old.filter(purge_at=None).exclude(is_held()).update(purge_at=now)
    return page[-1]


def _delete_removed_avatars(now: datetime) -> int:
    with transaction.atomic():
        own, kept = settings.current().undo_time, timedelta(days=settings.current().moderated_days)
        by_person = Q(is_locked=False, removed_at__lt=now - own)
        by_staff = Q(is_locked=True, removed_at__lt=now - max(own, kept))
        appealed = ReportCase.objects.filter(avatar=OuterRef("pk"), state=ReportCase.State.APPEALED)
        past = Avatar.objects.filter(by_person | by_staff, ~Exists(appealed), state=Avatar.State.REMOVED)
        removed = list(past.select_for_update().select_related(None).order_by("removed_at")[:_BATCH])
        for avatar in removed:
            record(avatar.profile, "avatar.erase", None, avatar=str(avatar.pk), reason=avatar.reason)
        Avatar.objects.filter(pk__in=[avatar.pk for avatar in removed]).delete()
        used = [image_id for avatar in removed for image_id in (avatar.image_id, avatar.uncut_id)]
        offer_to_purge(used, now)  # due in this run
    return len(removed)


def _hide_moderated(now: datetime) -> None:
    """Delete the public squares of pictures that staff took away. The private master stays, to make them from again."""
    images = StoredImage.objects.filter(Exists(_taken(now).filter(image=OuterRef("pk"))), renditions__isnull=False)
    for image_id in list(images.exclude(_is_seen(now)).values_list("pk", flat=True).distinct()[:_BATCH]):
        _put_away(image_id, now)


def _find_unseen(image_ids: Collection[int], now: datetime) -> set[int]:
    """Return which of these are in use, but shown to nobody, and have public squares: the evidence of reports."""
    images = StoredImage.objects.filter(pk__in=image_ids, renditions__isnull=False)
    return set(images.exclude(_is_seen(now)).values_list("pk", flat=True))


def _put_away(image_id: int, now: datetime) -> None:
    with transaction.atomic():
        image = StoredImage.objects.select_for_update().filter(pk=image_id).exclude(_is_seen(now)).first()
        if image is None:  # somebody put it back
            return
        for square in _unshared_renditions(image):
            objects.delete(rendition_key_of(square))
        image.renditions.all().delete()


def _taken(now: datetime) -> QuerySet[Avatar]:
    past = now - settings.current().undo_time
    return Avatar.objects.filter(state=Avatar.State.REMOVED, is_locked=True, removed_at__lt=past)


def _is_seen(now: datetime) -> Q:
    """Match images that anything uses but pictures that staff took away, and cases of reports."""
    return is_held(but=_taken(now))


def _purge(image_id: int, now: datetime) -> bool:
    """Delete objects, then rows, under the row's lock: an upload of the same picture waits and starts anew."""
    with transaction.atomic():
        image = _lock_unused(image_id, now)
        if image is None:
            return False
        unshared = {rendition_key_of(each): each.sha256 for each in _unshared_renditions(image)}
        copies = {key: objects.get_if_intact(key) for key in unshared}
        for key in [objects.master_key(image.sha256), *unshared]:
            objects.delete(key)
        image.delete()
    # No lock covers an object that another picture begins to share between our check and our delete.
    wanted = set(Rendition.objects.filter(sha256__in=unshared.values()).values_list("sha256", flat=True))
    for key, copy in copies.items():
        if copy is not None and unshared[key] in wanted:
            objects.put(key, copy)
    return True


def _lock_unused(image_id: int, now: datetime) -> StoredImage | None:
    image = StoredImage.objects.select_for_update().filter(pk=image_id).first()
    if image is None or image.touched_at >= now - settings.current().unused_image_age:
        return None
    return None if StoredImage.objects.filter(is_held(), pk=image_id).exists() else image


def is_held(*, but: QuerySet[Avatar] | None = None) -> Q:
    """Match images that any row with on_delete=PROTECT points at, of this app or another.

    With `but`, these pictures don't count, and neither do cases of reports, which keep what they are about unseen.
    """
    held = Q(pk__in=[])
    for relation in _holders():
        if but is not None and relation.related_model is ReportCase:
            continue
        rows: QuerySet[models.Model] = QuerySet(relation.related_model).filter(**{relation.field.name: OuterRef("pk")})
        if but is not None and relation.related_model is Avatar:
            rows = rows.exclude(pk__in=but.values("pk"))
        held |= Q(Exists(rows))
    return held


def _holders() -> list[models.ManyToOneRel]:
    # `related_objects` would leave out those with related_name="+".
    related = StoredImage._meta.get_fields(include_hidden=True)  # noqa: SLF001 - Django documents it as public
    return [each for each in related if isinstance(each, models.ManyToOneRel) and each.on_delete is PROTECT]


def _unshared_renditions(image: StoredImage) -> list[Rendition]:
    """Return the renditions that no other image has: two plain pictures may shrink to the same bytes."""
    own = {rendition.sha256: rendition for rendition in image.renditions.all()}
    elsewhere = Rendition.objects.exclude(image=image).filter(sha256__in=own)
    shared = set(elsewhere.values_list("sha256", flat=True))
    return [rendition for sha256, rendition in own.items() if sha256 not in shared]
