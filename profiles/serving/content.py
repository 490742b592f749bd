"""The bytes of renditions and default pictures."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import PIL

from profiles.images.fallback import FallbackStyle, draw_fallback
from profiles.images.formats import OutputFormat
from profiles.images.limits import pick_size
from profiles.images.render import reduce, render
from profiles.store import objects
from profiles.store.renditions import Square

# Increase it whenever default pictures look different, so that no cache keeps the old ones.
DRAWINGS_VERSION = 2
CACHE_BYTES = 16 * 1024 * 1024


class _RecentlyUsed:
    """An LRU cache of bytes. Keys name their content by hash, so that nothing goes stale."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            content = self._entries.get(key)
            if content is not None:
                self._entries.move_to_end(key)
            return content

    def put(self, key: str, content: bytes) -> None:
        with self._lock:
            if key in self._entries or len(content) > self._limit // 8:
                return
            self._entries[key] = content
            self._size += len(content)
            while self._size > self._limit:
                self._size -= len(self._entries.popitem(last=False)[1])


_recent = _RecentlyUsed(CACHE_BYTES)


@dataclass(frozen=True)
class Drawing:
    """A default picture to draw; `size` must be one of RENDITION_SIZES. `side`: to which it is reduced, 0 for not."""

    seed: str
    size: int
    style: FallbackStyle
    format: OutputFormat
    side: int = 0

    @property
    def tag(self) -> str:
        """The ETag, known without drawing: the same tag means the same bytes by our code and Pillow's version."""
        what = f"{DRAWINGS_VERSION}.{PIL.__version__}.{self.style}.{self.format}.{self.size}.{self.side}.{self.seed}"
        return hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()


def _no_charge() -> None:
    """Count nothing."""


def picture_tag(square: Square, fmt: OutputFormat, side: int = 0) -> str:
    """Return the tag of a stored square in `fmt`, reduced to `side` if not 0, from which its ETag is made."""
    return f"{square.sha256}-{fmt}-{side}" if side else f"{square.sha256}-{fmt}"


def rendition_bytes(
    square: Square, fmt: OutputFormat = OutputFormat.WEBP, charge: Callable[[], None] = _no_charge, side: int = 0
) -> bytes:
    """Return the square in `fmt`, as stored or encoded from what is stored. Raise StorageError.

    `charge` is called only if something must be encoded, and may refuse by raising. `side`: as in `picture_tag`.
    """
    key = f"{square.sha256}.{fmt}.{side}" if side else f"{square.sha256}.{fmt}"
    content = _recent.get(key)
    if content is None:
        content = _read(square, fmt, charge, side)
        _recent.put(key, content)
    return content


def _read(square: Square, fmt: OutputFormat, charge: Callable[[], None], side: int) -> bytes:
    key = objects.rendition_key(square.sha256, objects.EXTENSIONS[square.format])
    if fmt == square.format and not side:
        return objects.get(key)
    charge()
    if side:
        return reduce(objects.get(key), side, fmt).data
    return render(objects.get(key), pick_size(square.size), fmt).data


def whole_tag(sha256: str, fmt: OutputFormat, side: int) -> str:
    """Return the tag of a whole picture whose longer side has `side` pixels. `sha256` names its master."""
    return f"{sha256}-{fmt}-whole-{side}"


def whole_bytes(sha256: str, fmt: OutputFormat, side: int, charge: Callable[[], None]) -> bytes:
    """Return the whole picture, still, its longer side `side` pixels at most. Raise StorageError. `charge` as above."""
    key = whole_tag(sha256, fmt, side)
    content = _recent.get(key)
    if content is None:
        charge()
        content = reduce(objects.get(objects.master_key(sha256)), side, fmt).data
        _recent.put(key, content)
    return content


def fallback_bytes(drawing: Drawing, charge: Callable[[], None] = _no_charge) -> bytes:
    """Return a default picture. Strangers choose its seed, so it is never stored. `charge` as above."""
    content = _recent.get(drawing.tag)
    if content is None:
        charge()
        content = draw_fallback(drawing.seed, drawing.size, drawing.style, drawing.format, drawing.side).data
        _recent.put(drawing.tag, content)
    return content
