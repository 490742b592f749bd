"""Bytes of renditions, ready to send."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from profiles import storage
from profiles.images.fallback import FallbackStyle, draw_fallback
from profiles.images.formats import OutputFormat
from profiles.images.limits import pick_size
from profiles.images.render import render
from profiles.models import Rendition

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


def rendition_bytes(rendition: Rendition, fmt: OutputFormat) -> bytes:
    """The square in `fmt`: as stored, or drawn again from what is stored. Raises storage.StorageError."""
    key = f"{rendition.sha256}.{fmt.value}"
    content = _recent.get(key)
    if content is None:
        content = _read(rendition, fmt)
        _recent.put(key, content)
    return content


def _read(rendition: Rendition, fmt: OutputFormat) -> bytes:
    stored = storage.get(storage.rendition_key(rendition.sha256, storage.EXTENSIONS[rendition.format]))
    return stored if fmt.value == rendition.format else render(stored, pick_size(rendition.size), fmt).data


def fallback_bytes(seed: str, size: int, style: FallbackStyle, fmt: OutputFormat) -> bytes:
    """A stand-in drawn from `seed`; `size` must be allow-listed. Strangers choose the seed, so none is ever stored."""
    key = f"{style}.{fmt}.{size}.{seed}"
    content = _recent.get(key)
    if content is None:
        content = draw_fallback(seed, size, style, fmt).data
        _recent.put(key, content)
    return content
