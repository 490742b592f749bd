"""A small pool of running children, shared by the threads of one process and never by two processes."""

import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from profiles.decoding.child_handle import Child
from profiles.decoding.messages import (
    RenderRequest,
    read_encoded,
    read_missing,
    read_picture,
    read_refusal,
    write_decode_request,
    write_render_request,
)
from profiles.decoding.pipes import Message, ProtocolError
from profiles.decoding.settings import DecoderSettings, TimeLimits
from profiles.images.errors import DecoderUnavailable, ImageRefused
from profiles.images.formats import SourceFormat
from profiles.images.formats.detect import check_bytes, sniff_format
from profiles.images.picture import DecodeRequest, EncodedImage, NormalizedPicture
from profiles.sentences import gettext as _

_log = logging.getLogger("profiles.decoding")

_BUSY = _("Many pictures are being processed right now. Please try again in a moment.")
_LOST = _("The decoder was stopped while it worked on the picture. Please try again.")
_MISSING = _(
    "A program of ours that reads pictures is not installed as it must be. Your file is fine; our team must look at it."
)

_decoders: "weakref.WeakSet[Decoder]" = weakref.WeakSet()

Result = TypeVar("Result")


class Decoder:
    """Decode in child processes: started on first use, reused, replaced when they end. Thread safe.

    After a fork the new process starts children of its own. Every failure is a `PictureError`: `ImageRefused` if the
    picture is to blame, `DecoderUnavailable` if the machine is.
    """

    def __init__(self, settings: DecoderSettings | None = None) -> None:
        self._settings = settings or DecoderSettings()
        self._children = _Children(self._settings.processes)
        _decoders.add(self)

    def decode(self, content: bytes, request: DecodeRequest) -> NormalizedPicture:
        """Return master, still and renditions of strangers' bytes. Raise `ImageRefused` or `DecoderUnavailable`."""
        check_bytes(content, request.limits)
        drawing = request.svg_allowed and sniff_format(content) is SourceFormat.SVG
        limits = self._settings.time_limits(drawing=drawing)
        return self._ask(write_decode_request(content, request), limits, read_picture)

    def render(self, master: bytes, request: RenderRequest, *, wait_seconds: float | None = None) -> EncodedImage:
        """Return one more rendition of a master made by `decode`. Raises as `decode` does.

        `wait_seconds` replaces the setting of how long to wait for a free child.
        """
        message = write_render_request(master, request)
        return self._ask(message, self._settings.time_limits(drawing=False), read_encoded, wait_seconds)

    def pids(self) -> frozenset[int]:
        """Return the process ids of the running children."""
        return frozenset(child.pid for child in list(self._children.all) if child.is_alive())

    def close(self) -> None:
        """End the idle children. The decoder stays usable."""
        self._children.end_idle()

    def _ask(
        self,
        message: Message,
        limits: TimeLimits,
        read: Callable[[Message], Result],
        wait_seconds: float | None = None,
    ) -> Result:
        # A child may retire or be stopped from outside between two pictures; the second attempt has a new one.
        for _attempt in range(2):
            try:
                with self._children.borrow(self._settings, wait_seconds) as child:
                    answer = child.ask(message, limits)
                    missing = read_missing(answer)
                    result = DecoderUnavailable(_MISSING) if missing else read_refusal(answer) or read(answer)
            except ProtocolError:
                continue
            if isinstance(result, DecoderUnavailable):
                _log.error("The decoder can't load %s: %s", missing, answer.body.get("cause"))
                raise result
            if isinstance(result, ImageRefused):
                _log.info("A picture was refused (%s): %s", result.slug, answer.body.get("cause"))
                raise result
            return result
        raise DecoderUnavailable(_LOST)

    def forget_children(self) -> None:
        """After a fork: drop the children, which belong to the parent of this process."""
        for child in list(self._children.all):
            child.abandon()
        self._children = _Children(self._settings.processes)


class _Children:
    """The children of one decoder: `all` of them, and the idle ones."""

    def __init__(self, most: int) -> None:
        self.all: set[Child] = set()
        self._idle: list[Child] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(most)
        self._finalizer = weakref.finalize(self, _end_all, self.all, os.getpid())

    @contextmanager
    def borrow(self, settings: DecoderSettings, wait_seconds: float | None) -> Iterator[Child]:
        """Lend a running child for one request. Any exception within also ends the child."""
        if not self._places.acquire(timeout=settings.wait_seconds if wait_seconds is None else wait_seconds):
            raise DecoderUnavailable(_BUSY)
        try:
            child = self._take_idle() or self._start(settings)
            try:
                yield child
            except BaseException:
                self._end(child)
                raise
            self._give_back(child)
        finally:
            self._places.release()

    def _take_idle(self) -> Child | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                child = self._idle.pop()
            if child.is_alive():
                return child
            self._end(child)

    def _start(self, settings: DecoderSettings) -> Child:
        child = Child(settings)
        with self._lock:
            self.all.add(child)
        return child

    def _give_back(self, child: Child) -> None:
        if child.retired:
            self._end(child)
            return
        with self._lock:
            self._idle.append(child)

    def _end(self, child: Child) -> None:
        with self._lock:
            self.all.discard(child)
        child.end()

    def end_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            self._end(child)


def _end_all(children: set[Child], owner: int) -> None:
    if os.getpid() == owner:
        for child in list(children):
            child.end()


def _forget_after_fork() -> None:
    for decoder in list(_decoders):
        decoder.forget_children()


os.register_at_fork(after_in_child=_forget_after_fork)


@cache
def get_decoder() -> Decoder:
    """Return this process's decoder. Its children end with the process."""
    return Decoder()
