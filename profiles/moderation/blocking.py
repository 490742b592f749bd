"""Add and end blocks, and hide or bring back what they cover: the first pictures at once, the rest by a job."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from profiles import settings
from profiles.audit import record_as_staff
from profiles.blocks.index import find_close
from profiles.blocks.kinds import SHA256, SIMILAR, BlockRefused, get_kind
from profiles.blocks.matching import active_blocks, avatar_digests, image_digests, record_marks
from profiles.images.alignment import is_disguise
from profiles.images.disguises import Sample, measure_looks, measure_samples
from profiles.jobs import job
from profiles.leases import lease_row
from profiles.models import Avatar, Block, BlockHash, BlockMark, Hold, ImageHash, StoredImage
from profiles.models.blocks import pack_samples, unpack_samples
from profiles.people.profiles import profile_of
from profiles.pictures.holds import Cause, hold_avatar, release_avatar
from profiles.row_queue import queue_due
from profiles.sentences import gettext as _
from profiles.store import objects
from profiles.text import one_line

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: Pictures that one statement finds, and the time that a run of the job hides them for.
PAGE = 100
RUN = timedelta(seconds=60)
#: Longer than any request or job that began before a block was made.
SETTLED = timedelta(hours=1)
#: What is done within the request that blocks: then its page says what was hidden.
AT_ONCE = timedelta(seconds=2)
#: Stored pictures with close hashes that are compared by pixels.
MAX_COMPARED = 2000


def add_block(kind: str, value: str, reason: str, actor: User, now: datetime, sample: bytes = b"") -> Block:
    """Block something from now on, and hide what it covers. Raise BlockRefused.

    sample: of a similar picture that this site need not have, as `lists` exports it.
    """
    declared, reason = get_kind(kind), parse_reason(reason)
    value = declared.parse(value)
    if active_blocks().filter(kind=kind, value=value).exists():
        raise BlockRefused(_("This is blocked already."))
    image = find_image(value) if kind in {SHA256, SIMILAR} else None
    samples = _samples_of(image, sample) if kind == SIMILAR else []
    try:
        with transaction.atomic():
            block = Block.objects.create(
                kind=kind,
                value=value,
                reason=reason,
                sample=pack_samples(samples) if samples else b"",
                created_at=now,
                created_by=actor,
                due_at=now,
            )
            _index(block, samples)
            _mark_exact(block, image)
            declared.changed(block)
            record_as_staff(profile_of(actor), "block.add", actor, **describe(block))
            queue_due(apply_block)
    except IntegrityError as error:
        raise BlockRefused(_("Somebody else has just blocked this.")) from error
    return block


def end_block(block_id: int, reason: str, actor: User, now: datetime) -> Block:
    """End a block, and bring back what it hid, and nothing that something else hides. Raise BlockRefused."""
    reason = parse_reason(reason)
    with transaction.atomic():
        block = active_blocks().select_for_update(of=("self",)).filter(pk=block_id).first()
        if block is None:
            raise BlockRefused(_("This block has ended already."))
        block.ended_at, block.due_at, block.attempt = now, now, None
        block.save(update_fields=["ended_at", "due_at", "attempt"])
        block.hashes.all().delete()  # what is found by looks from here on is found by other blocks
        get_kind(block.kind).changed(block)
        record_as_staff(profile_of(actor), "block.end", actor, **describe(block) | {"why": reason})
        queue_due(apply_block)
    return block


def parse_reason(text: str) -> str:
    """Return the reason as one clean line. Raise BlockRefused without one."""
    reason = one_line(text)[:200]
    if not reason:
        raise BlockRefused(_("Write why: people whose picture is hidden read it."))
    return reason


def describe(block: Block) -> dict[str, object]:
    return {"block": block.pk, "kind": block.kind, "value": block.value, "reason": block.reason}


def apply_at_once(block: Block, now: datetime) -> int:
    """Do in this request what can be done within AT_ONCE. The job does the rest. Return how many pictures changed."""
    return _run(block.pk, now, AT_ONCE)


@job(rows=Block)
def apply_block(block_id: int, now: datetime) -> int:
    """Hide what a block covers; once it has ended, bring that back and delete it. Return how many pictures changed."""
    return _run(block_id, now, RUN)


@job(every=timedelta(minutes=5))
def follow_blocks(now: datetime) -> int:
    """Look again at what young blocks cover: an upload may have been under way when they were made. Return how many.

    What a block of another app's kind covers may also change later, as when a token moves to a blocked account.
    """
    own = {"kind__in": [SHA256, SIMILAR]}
    active = active_blocks().filter(due_at=None)
    count = active.filter(created_at__gt=now - SETTLED, **own).update(due_at=now)
    count += active.exclude(**own).update(due_at=now)
    queue_due(apply_block)
    return count


def _run(block_id: int, now: datetime, for_long: timedelta) -> int:
    block = lease_row(Block.objects.filter(pk=block_id), now)
    if block is None:
        return 0
    changed, ends_at = 0, time.monotonic() + for_long.total_seconds()
    with block.attempting(now):
        if block.ended_at is None and block.kind == SIMILAR:
            _mark_similar(block)
        pages = _bring_back(block) if block.ended_at else _hide(block)
        for count in pages:
            changed += count
            if time.monotonic() > ends_at:
                block.release(now)
                return changed
        if block.ended_at is None:
            block.release()
        else:
            Block.objects.filter(pk=block.pk, attempt=block.attempt).delete()
    return changed


def _hide(block: Block) -> Iterator[int]:
    """Hold page after page of what the block covers. Yield how many were hidden."""
    if not get_kind(block.kind).is_held:
        return
    while page := list(covered(block).exclude(holds__block=block).order_by("pk").distinct()[:PAGE]):
        hidden = 0
        for avatar in page:
            hidden += hold_avatar(avatar.pk, _cause(block, avatar), block.created_by)
        yield hidden
        if len(page) < PAGE:
            return


def _cause(block: Block, avatar: Avatar) -> Cause:
    if block.kind != SIMILAR:
        return Cause(block.reason, block)
    exact = block.marks.filter(sha256__in=avatar_digests(avatar), is_similar=False).exists()
    return Cause(block.reason, block, waits=not exact)


def covered(block: Block) -> QuerySet[Avatar]:
    """Return the pictures in people's histories that the block covers."""
    avatars = Avatar.objects.select_related("image", "uncut")
    if block.kind != SIMILAR:
        return avatars.filter(get_kind(block.kind).match(block.value))
    marks = BlockMark.objects.filter(block=block, is_allowed=False).values("sha256")
    found = Q()
    for image in ("image", "uncut"):
        found |= Q(**{f"{image}__sha256__in": marks}) | Q(**{f"{image}__source_sha256__in": marks})
    return avatars.filter(found)


def _bring_back(block: Block) -> Iterator[int]:
    held = Hold.objects.filter(block=block).order_by("pk")
    while page := list(held.values_list("avatar_id", flat=True)[:PAGE]):
        back = 0
        for avatar_id in page:
            back += release_avatar(avatar_id, block, None, _("The block of it has ended."))
        Hold.objects.filter(block=block, avatar_id__in=page).delete()
        yield back


def find_image(sha256: str) -> StoredImage | None:
    """Return the stored picture that a sha256 names: its own, that of its file, or that of one of its squares."""
    named = Q(sha256=sha256) | Q(source_sha256=sha256)
    image = StoredImage.objects.filter(named).order_by("pk").first()
    return image or StoredImage.objects.filter(renditions__sha256=sha256).order_by("pk").first()


def measure(image: StoredImage) -> list[Sample]:
    """Return what finds pictures like a stored one. Raise BlockRefused if it shows too little, or is lost."""
    master = objects.get_if_intact(objects.master_key(image.sha256))
    if master is None:
        raise BlockRefused(_("This picture is not in the store any more."))
    samples = [each for each in measure_samples(master) if not each.is_plain]
    if not samples:
        raise BlockRefused(_("This picture is nearly plain: others could be taken for it. Block exactly this picture."))
    return samples


def _samples_of(image: StoredImage | None, packed: bytes) -> list[Sample]:
    if packed:
        try:
            return unpack_samples(packed)
        except ValueError as error:
            raise BlockRefused(_("The sample of this block is damaged.")) from error
    if image is None:
        raise BlockRefused(_("This site has no picture with this sha256."))
    return measure(image)


def _index(block: Block, samples: list[Sample]) -> None:
    hashes = {one: variant for sample in samples for variant, one in reversed(list(enumerate(sample.hashes)))}
    rows = [BlockHash(block=block, variant=variant, **BlockHash.columns(one)) for one, variant in hashes.items()]
    BlockHash.objects.bulk_create(rows, batch_size=500)


def _mark_exact(block: Block, image: StoredImage | None) -> None:
    """Mark what is exactly the blocked picture: its bytes, those of its file, and of each square made of it."""
    if block.kind not in {SHA256, SIMILAR}:
        return
    digests = {block.value}
    if image is not None:
        digests.update(image_digests(image), image.renditions.values_list("sha256", flat=True))
    BlockMark.objects.bulk_create([BlockMark(block=block, sha256=each) for each in sorted(digests)])


def _mark_similar(block: Block) -> None:
    """Mark the stored pictures that look like the block's."""
    for image in find_similar(unpack_samples(block.sample)):
        record_marks([block], image_digests(image))


def find_similar(samples: list[Sample]) -> Iterator[StoredImage]:
    """Yield the stored pictures that look like one of the samples, about the closest first."""
    limit = settings.current().block_distance
    hashes = [one for sample in samples for one in sample.hashes]
    closest = find_close(ImageHash.objects.all(), hashes, limit, "image_id")
    nearest = sorted(closest, key=lambda key: (closest[key], key))[:MAX_COMPARED]
    for image in StoredImage.objects.filter(pk__in=nearest).iterator(chunk_size=PAGE):
        if _looks_like(image, samples, limit):
            yield image


def _looks_like(image: StoredImage, samples: list[Sample], limit: int) -> bool:
    master = objects.get_if_intact(objects.master_key(image.sha256))
    looks = [] if master is None else measure_looks(master)
    return any(is_disguise(look, sample, limit) for look in looks for sample in samples)
