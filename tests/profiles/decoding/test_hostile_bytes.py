"""Many damaged pictures through one decoder: the parent survives, and every result is a picture or a refusal."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.decoding import Decoder, DecodeRequest, ImageRefused
from profiles.images.picture import NormalizedPicture
from profiles.testing.pictures import animation, encoded, exif, four_corners

SEEDS = {
    "jpeg": encoded(four_corners(60, 40), "JPEG", exif=exif(6, gps=True)),
    "progressive jpeg": encoded(four_corners(60, 40), "JPEG", progressive=True),
    "cmyk jpeg": encoded(four_corners(60, 40).convert("CMYK"), "JPEG"),
    "png": encoded(four_corners(60, 40), "PNG"),
    "palette png": encoded(four_corners(60, 40).quantize(4), "PNG", transparency=0),
    "webp": encoded(four_corners(60, 40), "WEBP", exif=exif(3)),
    "lossless webp": encoded(four_corners(60, 40), "WEBP", lossless=True),
    "avif": encoded(four_corners(60, 40), "AVIF"),
    "moving gif": animation("GIF", 4, (30, 20)),
    "moving png": animation("PNG", 4, (30, 20)),
    "moving webp": animation("WEBP", 4, (30, 20)),
    "moving avif": animation("AVIF", 4, (30, 20)),
}
MUTATIONS_EACH = 60


def mutated(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.randint(1, 12)):
        changed[dice.randrange(len(changed))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    if dice.random() < 0.2:
        del changed[dice.randrange(16, len(changed)) :]
    return bytes(changed)


def outcome(decoder: Decoder, content: bytes) -> NormalizedPicture | ImageRefused:
    try:
        return decoder.decode(content, DecodeRequest(sizes=(32,)))
    except ImageRefused as refusal:
        return refusal


@pytest.mark.parametrize("kind", SEEDS)
def test_damaged_files_never_crash_the_parent(decoder: Decoder, kind: str) -> None:
    dice = random.Random(kind)
    outcomes = [outcome(decoder, mutated(SEEDS[kind], dice)) for _ in range(MUTATIONS_EACH)]
    assert len(outcomes) == MUTATIONS_EACH
    assert isinstance(outcome(decoder, SEEDS[kind]), NormalizedPicture)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg "]), st.binary(max_size=600))
def test_any_bytes_are_a_picture_or_a_refusal(decoder: Decoder, start: bytes, rest: bytes) -> None:
    result = outcome(decoder, start + rest)
    assert isinstance(result, NormalizedPicture | ImageRefused)
