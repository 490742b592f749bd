"""The words between parent and child survive the journey; nonsense is no message."""

from __future__ import annotations

import signal
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.decoding.child_handle import refusal_for
from profiles.decoding.messages import (
    Message,
    ProtocolError,
    RenderRequest,
    read_decode_request,
    read_encoded,
    read_picture,
    read_refusal,
    read_render_request,
    receive,
    send,
    write_decode_request,
    write_encoded,
    write_picture,
    write_refusal,
    write_render_request,
)
from profiles.images.errors import ImageRefused, Reason
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.limits import ImageLimits
from profiles.images.picture import (
    Crop,
    DecodeRequest,
    EncodedImage,
    NormalisedImage,
    NormalisedPicture,
    Rendition,
)


class Wire:
    """What one side wrote, for the other to read."""

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
    NormalisedPicture,
    st.builds(
        NormalisedImage,
        IMAGES,
        st.none() | IMAGES,
        st.integers(1),
        st.integers(1),
        st.integers(1),
        st.sampled_from(SourceFormat),
    ),
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
def test_pictures_arrive_as_they_were_made(picture: NormalisedPicture) -> None:
    assert read_picture(carried(write_picture(picture))) == picture


@given(IMAGES)
def test_images_arrive_as_they_were_made(image: EncodedImage) -> None:
    assert read_encoded(carried(write_encoded(image))) == image


@given(st.sampled_from(Reason), st.text(max_size=200))
def test_refusals_keep_their_reason_and_sentence(reason: Reason, sentence: str) -> None:
    refusal = read_refusal(carried(write_refusal(ImageRefused(reason, sentence))))
    assert refusal is not None
    assert (refusal.reason, refusal.sentence) == (reason, sentence)


def test_shared_bytes_travel_once() -> None:
    image = EncodedImage(b"x" * 1000, OutputFormat.WEBP, 9, 9)
    picture = NormalisedPicture(
        NormalisedImage(image, None, 9, 9, 1, SourceFormat.PNG), (Rendition(64, image), Rendition(32, image))
    )
    assert len(write_picture(picture).blobs) == 1


@given(st.binary(max_size=200))
def test_nonsense_is_no_message(data: bytes) -> None:
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
def test_false_messages_are_told_apart(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        receive(Wire(struct.pack(">I", len(text)) + text))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"master": [0, "webp", 1, 1, False]},
        {"master": [5, "webp", 1, 1, False], "still": None, "original": [1, 1, 1, "png"]},
    ],
)
def test_an_answer_that_describes_no_picture_is_none(body: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        read_picture(Message(body, [b"x"]))


@pytest.mark.parametrize(
    ("exit_code", "reason"),
    [
        (-signal.SIGXCPU, Reason.TOO_MUCH_TIME),
        (-signal.SIGSEGV, Reason.CRASHED_DECODER),
        (-signal.SIGABRT, Reason.CRASHED_DECODER),
        (-signal.SIGBUS, Reason.CRASHED_DECODER),
    ],
)
def test_deaths_the_picture_caused_refuse_it(exit_code: int, reason: Reason) -> None:
    refusal = refusal_for(exit_code, 10)
    assert refusal is not None
    assert refusal.reason is reason


@pytest.mark.parametrize("exit_code", [-signal.SIGKILL, -signal.SIGTERM, 0, 1])
def test_deaths_from_outside_say_nothing_of_the_picture(exit_code: int) -> None:
    assert refusal_for(exit_code, 10) is None
