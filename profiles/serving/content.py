"""Bytes of renditions, ready to send."""

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
from profiles.images.render import render
from profiles.store import objects
from profiles.store.renditions import Square

#: Counted up whenever a stand-in looks different than before, so that nobody keeps the old one.
DRAWINGS_VERSION = 1
CACHE_BYTES = 16 * 1024 * 1024


class _RecentlyUsed:
    """Bytes by key, the longest unused dropped first. What is cached is named by its hash and can't go stale."""

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
    """A stand-in asked for; `size` must be allow-listed."""

    seed: str
    size: int
    style: FallbackStyle
    format: OutputFormat

    @property
    def tag(self) -> str:
        """Names the bytes without drawing them: the same tag is the same picture, for our code and Pillow's."""
        what = f"{DRAWINGS_VERSION}.{PIL.__version__}.{self.style}.{self.format}.{self.size}.{self.seed}"
        return hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()


def _for_free() -> None:
    return None


def rendition_bytes(
    square: Square, fmt: OutputFormat = OutputFormat.WEBP, pay: Callable[[], None] = _for_free
) -> bytes:
    """The square in `fmt`: as stored, or drawn again from what is stored. Raises storage.StorageError.

    `pay` is called only where something must be encoded, and may refuse by raising.
    """
    key = f"{square.sha256}.{fmt.value}"
    content = _recent.get(key)
    if content is None:
        content = _read(square, fmt, pay)
        _recent.put(key, content)
    return content


def _read(square: Square, fmt: OutputFormat, pay: Callable[[], None]) -> bytes:
    key = objects.rendition_key(square.sha256, objects.EXTENSIONS[square.format])
    if fmt.value == square.format:
        return objects.get(key)
    pay()
    return render(objects.get(key), pick_size(square.size), fmt).data


def fallback_bytes(drawing: Drawing, pay: Callable[[], None] = _for_free) -> bytes:
    """A stand-in. Strangers choose its seed, so none is ever stored; `pay` as above."""
    content = _recent.get(drawing.tag)
    if content is None:
        pay()
        content = draw_fallback(drawing.seed, drawing.size, drawing.style, drawing.format).data
        _recent.put(drawing.tag, content)
    return content
