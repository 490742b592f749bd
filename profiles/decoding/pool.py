"""A small pool of warm children, shared by the threads of one process and never by two processes."""

import logging
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from profiles.decoding.child_handle import Worker, WorkerDied, refusal_for
from profiles.decoding.messages import Expired
from profiles.images.detect import check_bytes, sniff_format
from profiles.images.errors import DecoderUnavailable
from profiles.images.formats import SourceFormat
from profiles.images.picture import DecodeRequest, EncodedImage, NormalisedPicture

from .messages import (
    Message,
    RenderRequest,
    read_encoded,
    read_picture,
    read_refusal,
    write_decode_request,
    write_render_request,
)
from .settings import DecoderSettings

_log = logging.getLogger("profiles.decoding")

_BUSY = "Many pictures are being processed right now. Please try again in a moment."
_STARVED = "The picture could not be processed in time because the machine is busy. Please try again."
_LOST = "The decoder was stopped while it worked on the picture. Please try again."

_decoders: "weakref.WeakSet[Decoder]" = weakref.WeakSet()


class Decoder:
    """Decodes in child processes: started on first use, reused, replaced when they die. Thread safe.

    After a fork the new process starts children of its own. Every failure is a `PictureError`:
    `ImageRefused` if the picture is to blame, `DecoderUnavailable` if the machine is.
    """

    def __init__(self, settings: DecoderSettings | None = None) -> None:
        self._settings = settings or DecoderSettings()
        self._children = _Children(self._settings.processes)
        _decoders.add(self)

    def decode(self, content: bytes, request: DecodeRequest) -> NormalisedPicture:
        """Strangers' bytes → master, still and renditions; raises `ImageRefused` or `DecoderUnavailable`."""
        check_bytes(content, request.limits)
        drawing = request.svg_allowed and sniff_format(content) is SourceFormat.SVG
        seconds = self._settings.svg_processor_seconds if drawing else self._settings.processor_seconds
        return read_picture(self._ask(write_decode_request(content, request), seconds))

    def render(self, master: bytes, request: RenderRequest) -> EncodedImage:
        """One more rendition of a master made by `decode`; raises as `decode` does."""
        return read_encoded(self._ask(write_render_request(master, request), self._settings.processor_seconds))

    def pids(self) -> frozenset[int]:
        """The children that live now, for health pages and tests."""
        return frozenset(worker.pid for worker in list(self._children.all) if worker.is_alive())

    def close(self) -> None:
        """End the children that nobody uses at the moment. The decoder stays usable."""
        self._children.end_idle()

    def _ask(self, message: Message, processor_seconds: int) -> Message:
        # A child may retire or be stopped from outside between two pictures: the second try has a new one.
        for _attempt in range(2):
            try:
                answer = self._ask_once(message)
            except WorkerDied as death:
                _log.warning("A decoder's child ended with %s at work on a picture", death.exit_code)
                refusal = refusal_for(death.exit_code, processor_seconds)
                if refusal is not None:
                    raise refusal from death
                continue
            except Expired as error:
                raise DecoderUnavailable(_STARVED) from error
            refusal = read_refusal(answer)
            if refusal is not None:
                _log.info("A picture was refused (%s): %s", refusal.reason, answer.body.get("cause"))
                raise refusal
            return answer
        raise DecoderUnavailable(_LOST)

    def _ask_once(self, message: Message) -> Message:
        with self._children.borrow(self._settings) as worker:
            return worker.ask(message)

    def forget_children(self) -> None:
        """For a fork: the children belong to the process this one was forked from."""
        for worker in list(self._children.all):
            worker.abandon()
        self._children = _Children(self._settings.processes)


class _Children:
    """Who is idle and who exists; ``all`` includes those at work."""

    def __init__(self, most: int) -> None:
        self.all: set[Worker] = set()
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(most)
        self._finalizer = weakref.finalize(self, _end_all, self.all, os.getpid())

    @contextmanager
    def borrow(self, settings: DecoderSettings) -> Iterator[Worker]:
        """A living child for one question. Whatever interrupts the answer also ends the child."""
        if not self._places.acquire(timeout=settings.wait_seconds):
            raise DecoderUnavailable(_BUSY)
        try:
            worker = self._take_idle() or self._start(settings)
            try:
                yield worker
            except BaseException:
                self._end(worker)
                raise
            self._give_back(worker)
        finally:
            self._places.release()

    def _take_idle(self) -> Worker | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                worker = self._idle.pop()
            if worker.is_alive():
                return worker
            self._end(worker)

    def _start(self, settings: DecoderSettings) -> Worker:
        worker = Worker(settings)
        with self._lock:
            self.all.add(worker)
        return worker

    def _give_back(self, worker: Worker) -> None:
        if worker.retired:
            self._end(worker)
            return
        with self._lock:
            self._idle.append(worker)

    def _end(self, worker: Worker) -> None:
        with self._lock:
            self.all.discard(worker)
        worker.end()

    def end_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            self._end(worker)


def _end_all(workers: set[Worker], owner: int) -> None:
    if os.getpid() == owner:
        for worker in list(workers):
            worker.end()


def _forget_after_fork() -> None:
    for decoder in list(_decoders):
        decoder.forget_children()


os.register_at_fork(after_in_child=_forget_after_fork)


@cache
def get_decoder() -> Decoder:
    """This process's decoder. Its children end with the process."""
    return Decoder()
