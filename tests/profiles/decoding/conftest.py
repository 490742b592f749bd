"""A decoder shared by the tests of one module that do not break it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from profiles.decoding import Decoder, DecoderSettings


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder(DecoderSettings(processes=1))
    yield decoder
    decoder.close()
