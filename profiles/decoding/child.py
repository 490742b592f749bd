"""The process that decodes: confined before it reads a byte, reused for many pictures, ended with its parent.

`child_handle` starts it in isolated mode with a bare environment. It loads no Django and knows only the settings on
its command line.
"""

import json
import os
import sys
import time
import warnings

from PIL import AvifImagePlugin

from profiles.decoding.confinement import allow_memory, allow_processor_time, confine
from profiles.decoding.messages import (
    read_decode_request,
    read_render_request,
    write_encoded,
    write_missing,
    write_picture,
    write_refusal,
)
from profiles.decoding.pipes import Message, PipeStream, ProtocolError, receive, send
from profiles.decoding.settings import DecoderSettings
from profiles.images.errors import TOO_MUCH_MEMORY, ImageRefused
from profiles.images.formats import SourceFormat
from profiles.images.formats.detect import read_header, sniff_format
from profiles.images.limits import MASTER_LENGTH, MASTER_SIDE, MIB
from profiles.images.normalize import normalize
from profiles.images.picture import DecodeRequest
from profiles.images.render import render
from profiles.sentences import gettext as _

_PARENT_CHECK_SECONDS = 5.0
_RENDER_PIXELS = MASTER_SIDE * MASTER_LENGTH

#: Memory a picture may take beyond what the child holds already: a base for encoders and the file itself, plus bytes
#: per pixel of the canvas, which the hungriest honest decoder (AVIF with alpha) does not exceed. A file whose inner
#: stream is larger than its header claims hits this limit.
_BASE_MEMORY = 96 * MIB
_MEMORY_PER_PIXEL = 24


def main() -> None:
    """Serve requests from stdin until there are no more, or the child is due to be replaced."""
    settings = DecoderSettings(**json.loads(sys.argv[1]))
    stream = _take_over_pipes()
    confined = confine(settings.memory, settings.address_space, settings.open_files)
    warnings.simplefilter("ignore")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    try:
        send(stream, Message({"ready": True, "confined": confined}))
        _serve(stream, settings)
    except ProtocolError:
        return  # the parent is gone


def _take_over_pipes() -> PipeStream:
    """Reserve the answer pipe: what a library prints to stdout must not end up between two messages.

    What libraries print goes to the parent, who may not read it at once: they must not wait for that.
    """
    answers = os.dup(1)
    os.dup2(2, 1)
    os.set_blocking(2, False)
    return PipeStream(0, answers)


def _serve(stream: PipeStream, settings: DecoderSettings) -> None:
    for served in range(1, settings.pictures_per_child + 1):
        if not _wait_for_work(stream, settings.idle_seconds):
            return
        answer = _answer(receive(stream), settings)
        last = (
            served == settings.pictures_per_child
            or answer.body.get("refused") == TOO_MUCH_MEMORY.slug
            or _resident_bytes() > settings.retire_bytes
        )
        send(stream, Message(answer.body | {"last": last}, answer.blobs))
        if last:
            return


def _wait_for_work(stream: PipeStream, idle_seconds: float) -> bool:
    parent, idle_until = os.getppid(), time.monotonic() + idle_seconds
    while not stream.wait_readable(min(_PARENT_CHECK_SECONDS, idle_seconds)):
        # A fork of the parent may hold the pipe open after the parent ended, so check for the parent itself.
        if os.getppid() != parent or time.monotonic() > idle_until:
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
    except ImportError as error:
        return write_missing(error)
    except MemoryError:
        return write_refusal(
            ImageRefused(_("This picture needs more memory than a picture of its size may."), TOO_MUCH_MEMORY)
        )


def _decode(content: bytes, request: DecodeRequest, settings: DecoderSettings) -> Message:
    drawing = request.svg_allowed and sniff_format(content) is SourceFormat.SVG
    allow_processor_time(settings.svg_processor_seconds if drawing else settings.processor_seconds)
    if drawing:
        allow_memory(settings.memory)
    else:
        allow_memory(_BASE_MEMORY + _MEMORY_PER_PIXEL * read_header(content, request.limits).pixels)
    return write_picture(normalize(content, request))


def _render(master: bytes, message: Message, settings: DecoderSettings) -> Message:
    request = read_render_request(message.body)
    allow_processor_time(settings.processor_seconds)
    allow_memory(_BASE_MEMORY + _MEMORY_PER_PIXEL * _RENDER_PIXELS)
    return write_encoded(render(master, request.size, request.format, still=request.still))


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - called for every picture
            return int(statm.read().split()[1]) * 4096
    except OSError:
        return 0  # not Linux: only the count of pictures retires a child
