"""Messages between parent and child arrive unchanged, and malformed ones raise ProtocolError."""

from __future__ import annotations

import signal
import struct
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.decoding.child_handle import refusal_for
from profiles.decoding.messages import (
    RenderRequest,
    read_decode_request,
    read_encoded,
    read_picture,
    read_refusal,
    read_render_request,
    write_decode_request,
    write_encoded,
    write_picture,
    write_refusal,
    write_render_request,
)
from profiles.decoding.pipes import Message, ProtocolError, receive, send
from profiles.errors import Kind
from profiles.images import errors
from profiles.images.errors import REFUSALS, ImageRefused
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.limits import ImageLimits
from profiles.images.picture import (
    Crop,
    DecodeRequest,
    EncodedImage,
    NormalizedImage,
    NormalizedPicture,
    Rendition,
)


class Wire:
    """A stream in memory."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data

    def write(self, data: bytes) -> None:
        self.data += data

    def read_exactly(self, count: int) -> bytes:
        if len(self.data) < count:
            raise ProtocolError("closed")
        part, self.data = self.data[:count], self.data[count:]
        return part


def carried(message: Message) -> Message:
    wire = Wire()
    send(wire, message)
    received = receive(wire)
    assert wire.data == b""
    return received


CROPS = st.none() | st.just(Crop(0.25, 0, 0.5))
REQUESTS = st.builds(
    DecodeRequest,
    st.builds(ImageLimits, max_bytes=st.integers(1, 10**9)),
    st.lists(st.sampled_from([32, 64, 512])).map(tuple),
    CROPS,
    st.booleans(),
)
IMAGES = st.builds(
    EncodedImage, st.binary(), st.sampled_from(OutputFormat), st.integers(1, 1024), st.integers(1, 1024), st.booleans()
)
PICTURES = st.builds(
    NormalizedPicture,
    st.builds(
        NormalizedImage,
        IMAGES,
        st.none() | IMAGES,
        st.integers(1),
        st.integers(1),
        st.integers(1),
        st.sampled_from(SourceFormat),
    ),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.lists(st.builds(Rendition, st.sampled_from([32, 64]), IMAGES), max_size=4).map(tuple),
)


@given(st.binary(), REQUESTS)
def test_requests_arrive_as_they_were_sent(content: bytes, request: DecodeRequest) -> None:
    message = carried(write_decode_request(content, request))
    assert list(message.blobs) == [content]
    assert read_decode_request(message.body) == request


@given(st.binary(), st.builds(RenderRequest, st.integers(1), st.sampled_from(OutputFormat), st.booleans()))
def test_render_requests_arrive_as_they_were_sent(master: bytes, request: RenderRequest) -> None:
    assert read_render_request(carried(write_render_request(master, request)).body) == request


@given(PICTURES)
def test_pictures_arrive_as_they_were_made(picture: NormalizedPicture) -> None:
    assert read_picture(carried(write_picture(picture))) == picture


@given(IMAGES)
def test_images_arrive_as_they_were_made(image: EncodedImage) -> None:
    assert read_encoded(carried(write_encoded(image))) == image


@given(st.sampled_from(list(REFUSALS.values())), st.text(max_size=200))
def test_refusals_keep_their_reason_and_sentence(reason: Kind, sentence: str) -> None:
    refused = ImageRefused(sentence, reason)  # of which only a clean line is left
    refusal = read_refusal(carried(write_refusal(refused)))
    assert refusal is not None
    assert refusal.is_a(reason)
    assert refusal.sentence == refused.sentence


def test_shared_bytes_are_sent_once() -> None:
    image = EncodedImage(b"x" * 1000, OutputFormat.WEBP, 9, 9)
    picture = NormalizedPicture(
        NormalizedImage(image, None, 9, 9, 1, SourceFormat.PNG), 0, (Rendition(64, image), Rendition(32, image))
    )
    assert len(write_picture(picture).blobs) == 1


@given(st.binary(max_size=200))
def test_random_bytes_are_no_message(data: bytes) -> None:
    wire = Wire(data)
    try:
        receive(wire)
    except ProtocolError:
        return
    assert wire.data != data


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"blobs": 3}',
        b'{"blobs": [-1]}',
        b'{"blobs": [true]}',
        b'{"blobs": [9999999999]}',
        b"[" * 99_999,
    ],
)
def test_malformed_messages_raise_protocol_errors(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        receive(Wire(struct.pack(">I", len(text)) + text))


WHOLE = {
    "master": [0, "webp", 1, 1, False],
    "still": None,
    "difference_hash": 0,
    "original": [1, 1, 1, "png"],
    "renditions": [],
}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"master": [0, "webp", 1, 1, False]},
        {"master": [5, "webp", 1, 1, False], "still": None, "original": [1, 1, 1, "png"]},
        WHOLE | {"difference_hash": 1 << 63},
        WHOLE | {"original": [float("inf"), 1, 1, "png"]},
    ],
)
def test_an_answer_that_describes_no_picture_is_a_protocol_error(body: dict[str, object]) -> None:
    assert read_picture(Message(WHOLE, [b"x"])).image.width == 1
    with pytest.raises(ProtocolError):
        read_picture(Message(body, [b"x"]))


@pytest.mark.parametrize(
    ("exit_code", "reason"),
    [
        (-signal.SIGXCPU, errors.TOO_MUCH_TIME),
        (-signal.SIGSEGV, errors.CRASHED_DECODER),
        (-signal.SIGABRT, errors.CRASHED_DECODER),
        (-signal.SIGBUS, errors.CRASHED_DECODER),
    ],
)
def test_an_exit_that_the_picture_caused_refuses_it(exit_code: int, reason: Kind) -> None:
    refusal = refusal_for(exit_code, 10)
    assert refusal is not None
    assert refusal.is_a(reason)


@pytest.mark.parametrize("exit_code", [-signal.SIGKILL, -signal.SIGTERM, 0, 1])
def test_an_exit_caused_from_outside_refuses_nothing(exit_code: int) -> None:
    assert refusal_for(exit_code, 10) is None


def test_a_request_arrives_with_everything_that_was_asked_for() -> None:
    limits, crop = ImageLimits(max_bytes=7), Crop(0.25, 0.5, 0.75)
    asked = DecodeRequest(limits, (64, 128), crop, svg_allowed=True, turn=6, angle=-2.5)
    default = DecodeRequest()
    assert all(getattr(asked, field.name) != getattr(default, field.name) for field in fields(DecodeRequest))
    assert read_decode_request(write_decode_request(b"", asked).body) == asked
