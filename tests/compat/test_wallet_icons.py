"""For a hundred random accounts, we draw the same icons as the libraries that wallets use."""

from __future__ import annotations

import base64
import json
import re
import secrets
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from localstack import binaries
from profiles.images.fallback.blockies import plan_blockies
from profiles.images.fallback.jazzicon import jazzicon_number, plan_jazzicon

DRAW = Path(__file__).parent / "clients" / "draw.mjs"
ADDRESSES = 100


@pytest.fixture(scope="module")
def drawn() -> list[dict[str, Any]]:
    addresses = "".join(f"0x{secrets.token_hex(20)}\n" for _ in range(ADDRESSES))
    done = subprocess.run(
        [binaries.node(), str(DRAW)], input=addresses, capture_output=True, text=True, check=True, timeout=60
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def as_hex(colour: tuple[int, int, int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)


def test_blockies_are_the_same_tile_for_tile(drawn: list[dict[str, Any]]) -> None:
    assert len(drawn) == ADDRESSES
    for theirs in drawn:
        png = base64.b64decode(theirs["blockies"].partition(",")[2])
        tiles = Image.open(BytesIO(png)).convert("RGBA").convert("RGB").resize((8, 8), Image.Resampling.NEAREST)
        ours = bytes(channel for row in plan_blockies(theirs["address"]) for tile in row for channel in tile)
        assert ours == tiles.tobytes(), theirs["address"]


def test_jazzicons_are_the_same_shape_for_shape(drawn: list[dict[str, Any]]) -> None:
    for theirs in drawn:
        plan = plan_jazzicon(jazzicon_number(theirs["address"]))
        assert as_hex(plan.ground) == theirs["ground"], theirs["address"]
        for ours, shape in zip(plan.shapes, theirs["shapes"], strict=True):
            numbers = re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", shape["transform"])
            right, down, degrees = map(float, numbers[:3])
            assert (100 * ours.right, 100 * ours.down) == pytest.approx((right, down))
            assert ours.degrees == pytest.approx(degrees, abs=0.051)  # rounded to tenths there
            assert as_hex(ours.color) == shape["fill"]
