"""The process that decodes: confined before it reads a byte, warm between pictures, gone with its parent.

Started by `worker` in isolated mode with a bare environment; knows no settings but those it is given, and no
Django.
"""

import json
import os
import sys
import time
import warnings

from PIL import AvifImagePlugin

from profiles.decoding.messages import PipeStream
from profiles.images.detect import read_header, sniff_format
from profiles.images.errors import ImageRefused, Reason
from profiles.images.formats import SourceFormat
from profiles.images.limits import MIB
from profiles.images.normalise import normalise_with_renditions
from profiles.images.picture import DecodeRequest
from profiles.images.render import render

from .confinement import allow_memory, allow_processor_time, confine
from .messages import (
    Message,
    ProtocolError,
    read_decode_request,
    read_render_request,
    receive,
    send,
    write_encoded,
    write_picture,
    write_refusal,
)
from .settings import DecoderSettings

_PARENT_CHECK_SECONDS = 5.0
_RENDER_PIXELS = 1024 * 1024

#: Memory one picture may take beyond what the child holds already: a base for encoders and the file itself,
#: and so many bytes per pixel of the canvas, which the hungriest honest decoder (AVIF with alpha) stays under.
#: A file whose inner stream is larger than its header says runs into this limit.
_BASE_MEMORY = 96 * MIB
_MEMORY_PER_PIXEL = 24


def main() -> None:
    settings = DecoderSettings(**json.loads(sys.argv[1]))
    stream = _take_over_pipes()
    confined = confine(settings.address_space, settings.open_files)
    warnings.simplefilter("ignore")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    send(stream, Message({"ready": True, "confined": confined}))
    try:
        _serve(stream, settings)
    except (ProtocolError, BrokenPipeError):
        return  # the parent is gone


def _take_over_pipes() -> PipeStream:
    """Keep the answer pipe to ourselves: what a library prints must not end between two messages."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return PipeStream(0, answers)


def _serve(stream: PipeStream, settings: DecoderSettings) -> None:
    for served in range(1, settings.pictures_per_child + 1):
        if not _wait_for_work(stream, settings.idle_seconds):
            return
        answer = _answer(receive(stream), settings)
        last = (
            served == settings.pictures_per_child
            or answer.body.get("refused") == Reason.TOO_MUCH_MEMORY
            or _resident_bytes() > settings.retire_bytes
        )
        send(stream, Message(answer.body | {"last": last}, answer.blobs))
        if last:
            return


def _wait_for_work(stream: PipeStream, idle_seconds: float) -> bool:
    parent, tired_at = os.getppid(), time.monotonic() + idle_seconds
    while not stream.wait_readable(min(_PARENT_CHECK_SECONDS, idle_seconds)):
        # A fork of the parent may hold the pipe open after the parent's death, so look for the parent itself.
        if os.getppid() != parent or time.monotonic() > tired_at:
            return False
    return True


def _answer(message: Message, settings: DecoderSettings) -> Message:
    content = message.blobs[0]
    try:
        if message.body["do"] == "render":
            return _render(content, message, settings)
        return _decode(content, read_decode_request(message.body), settings)
    except ImageRefused as refusal:
        return write_refusal(refusal)
    except MemoryError:
        return write_refusal(
            ImageRefused(Reason.TOO_MUCH_MEMORY, "This picture needs more memory than a picture of its size may.")
        )


def _decode(content: bytes, request: DecodeRequest, settings: DecoderSettings) -> Message:
    drawing = request.svg_allowed and sniff_format(content) is SourceFormat.SVG
    allow_processor_time(settings.svg_processor_seconds if drawing else settings.processor_seconds)
    if drawing:
        allow_memory(settings.svg_memory)
    else:
        allow_memory(_BASE_MEMORY + _MEMORY_PER_PIXEL * read_header(content, request.limits).pixels)
    return write_picture(normalise_with_renditions(content, request))


def _render(master: bytes, message: Message, settings: DecoderSettings) -> Message:
    request = read_render_request(message.body)
    allow_processor_time(settings.processor_seconds)
    allow_memory(_BASE_MEMORY + _MEMORY_PER_PIXEL * _RENDER_PIXELS)
    return write_encoded(render(master, request.size, request.format, still=request.still))


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - every picture pays for this
            return int(statm.read().split()[1]) * 4096
    except OSError:
        return 0  # not Linux: only the count of pictures retires a child
