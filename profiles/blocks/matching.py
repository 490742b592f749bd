"""Whether bytes or a picture are blocked: the one check of whatever enters the store, and of what is shown again.

Exact copies are found by the sha256 of a file or of the picture as we store it; disguised ones by their looks. Without
blocks, a check costs one or two queries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from profiles import settings
from profiles.blocks.index import find_close
from profiles.errors import Kind
from profiles.images.alignment import is_disguise
from profiles.images.disguises import TURNS, Look, measure_looks
from profiles.images.errors import PictureError
from profiles.models import Avatar, Block, BlockHash, BlockMark, StoredImage
from profiles.models.blocks import unpack_samples
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop, join_sentences

#: Blocks with close hashes that are compared by pixels, the closest first. Each takes about 10 ms.
MAX_COMPARED = 40
#: Of an animation's frames, those whose parts are looked up, too: for a picture in a frame.
_FRAMES_WITH_PARTS = 4


class PictureBlocked(PictureError):
    """This picture is blocked here. Nothing of it was stored."""

    kind = Kind("picture-blocked", gettext_noop("This picture is blocked here"), 422)


def appeal() -> str:
    """Return what somebody can do who thinks that a block is wrong, in a sentence; empty if the site says nowhere."""
    address = settings.current().appeal_url
    return _("If you think this is a mistake, tell us: %(address)s", address=address) if address else ""


def describe_block(reason: str) -> str:
    """Return the sentence for a person whose picture is refused."""
    sentence = _("This site has blocked this picture: %(reason)s", reason=reason.rstrip(".") + ".")
    return join_sentences(sentence, appeal())


def describe_hold() -> str:
    """Return the sentence for a person whose picture is held until somebody decides."""
    sentence = _("Your picture is being checked by this site’s team. Until they decide, nobody sees it.")
    return join_sentences(sentence, appeal())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def active_blocks() -> QuerySet[Block]:
    return Block.objects.filter(ended_at=None)


def marks_of(digests: Iterable[str]) -> QuerySet[BlockMark]:
    """Return the marks in force of any of these sha256, those of exact copies first."""
    marks = BlockMark.objects.filter(sha256__in=list(digests), is_allowed=False, block__ended_at=None)
    return marks.select_related("block").order_by("is_similar", "pk")


def check_exact(digests: Iterable[str]) -> None:
    """Raise PictureBlocked if any of these sha256 is blocked as an exact copy."""
    mark = marks_of(digests).filter(is_similar=False).first()
    if mark is not None:
        raise PictureBlocked(describe_block(mark.block.reason))


def check_new(content: bytes, master: bytes) -> list[Block]:
    """Judge a picture that is about to be stored. Return the blocks it resembles. `check_exact` has judged its file.

    Raise PictureBlocked if it is blocked, or resembles a blocked one on a site that refuses these.
    """
    check_exact([digest(master)])
    found = find_blocks(master)
    if found:
        allowed = _allowed([digest(content), digest(master)])
        found = [block for block in found if block.pk not in allowed]
    if found and settings.current().blocked_similar == "refuse":
        raise PictureBlocked(describe_block(found[0].reason))
    return found


def check_settled(digests: Iterable[str]) -> None:
    """Raise PictureBlocked if any of these is blocked, or waits for a decision: for what can't be held, as a mint."""
    mark = marks_of(digests).first()
    if mark is not None:
        raise PictureBlocked(describe_block(mark.block.reason))


def record_marks(blocks: Iterable[Block], digests: Iterable[str]) -> None:
    """Remember that these bytes resemble what the blocks cover. A decision about them stays."""
    wanted = sorted(set(digests))
    rows = [BlockMark(block=block, sha256=sha256, is_similar=True) for block in blocks for sha256 in wanted]
    BlockMark.objects.bulk_create(rows, ignore_conflicts=True)


def find_blocks(master: bytes) -> list[Block]:
    """Return the blocks of similar pictures that cover a picture as we encoded it. One query if there are none."""
    if not BlockHash.objects.exists():
        return []
    looks = measure_looks(master)
    closest = _find_candidates(looks)
    nearest = sorted(closest, key=lambda block_id: closest[block_id])[:MAX_COMPARED]
    blocks = active_blocks().in_bulk(nearest)
    return [blocks[key] for key in nearest if key in blocks and covers(blocks[key], looks)]


def covers(block: Block, looks: list[Look]) -> bool:
    """Return whether a picture that can be looked at so is one that the block's samples show."""
    limit = settings.current().block_distance
    samples = unpack_samples(block.sample) if block.sample else []
    return any(is_disguise(look, sample, limit) for sample in samples for look in looks)


def image_digests(image: StoredImage) -> list[str]:
    """Return the sha256 of a stored picture and of the file that it was first made of."""
    return [sha256 for sha256 in (image.sha256, image.source_sha256) if sha256]


def avatar_digests(avatar: Avatar) -> list[str]:
    """Return the sha256 of all that is kept of a picture."""
    uncut = [] if avatar.uncut is None else image_digests(avatar.uncut)
    return [*image_digests(avatar.image), *uncut]


def _find_candidates(looks: list[Look]) -> dict[int, int]:
    """Return the least distance of each block that has a hash close to one of the looks'."""
    limit = settings.current().block_distance
    turned = {one for look in looks for one in look.turned}
    parts = {one for look in looks[:_FRAMES_WITH_PARTS] for one in look.parts}
    closest = find_close(BlockHash.objects.all(), turned, limit, "block_id")
    wholes = BlockHash.objects.filter(variant__lt=len(TURNS))
    for block_id, apart in find_close(wholes, parts, limit, "block_id", near=False).items():
        closest[block_id] = min(apart, closest.get(block_id, apart))
    return closest


def _allowed(digests: Iterable[str]) -> list[int]:
    """Return the blocks that a person decided not to cover these bytes."""
    allowed = BlockMark.objects.filter(Q(is_allowed=True), sha256__in=list(digests))
    return list(allowed.values_list("block_id", flat=True))
