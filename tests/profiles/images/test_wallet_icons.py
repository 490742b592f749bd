"""Blockies and jazzicons equal those that people know from wallets.

The golden values are from npm's `ethereum-blockies-base64` 1.0.2 and `@metamask/jazzicon` 2.0.0; tests/compat compares
with the libraries themselves.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from profiles.images.fallback import FallbackStyle, draw_fallback
from profiles.images.fallback.blockies import plan_blockies
from profiles.images.fallback.jazzicon import jazzicon_number, plan_jazzicon
from profiles.images.formats import OutputFormat
from profiles.testing.pictures import opened

GOLDEN: list[dict[str, Any]] = json.loads(Path(__file__).with_name("wallet_icons.json").read_text("utf-8"))


def as_hex(color: tuple[int, int, int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*color)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["address"][:8])
def test_blockies_equal_those_of_explorers(golden: dict[str, Any]) -> None:
    assert [[as_hex(tile) for tile in row] for row in plan_blockies(golden["address"])] == golden["blockies"]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["address"][:8])
def test_jazzicons_equal_those_of_wallets(golden: dict[str, Any]) -> None:
    plan = plan_jazzicon(jazzicon_number(golden["address"]))
    assert as_hex(plan.ground) == golden["ground"]
    for shape, (right, down, degrees, color) in zip(plan.shapes, golden["shapes"], strict=True):
        assert (shape.right, shape.down) == pytest.approx((right, down))
        assert shape.degrees == pytest.approx(degrees, abs=0.051)  # the library rounds to tenths
        assert as_hex(shape.color) == color


def test_tiles_have_hard_edges_at_every_size() -> None:
    seen = opened(draw_fallback(GOLDEN[0]["address"], 64, FallbackStyle.BLOCKIES, OutputFormat.PNG).data).convert("RGB")
    tiles = [[as_hex(seen.getpixel((8 * x, 8 * y + 7))) for x in range(8)] for y in range(8)]  # type: ignore[arg-type]
    assert tiles == GOLDEN[0]["blockies"]


def test_a_jazzicon_has_only_the_colors_of_its_plan() -> None:
    address = GOLDEN[0]["address"]
    plan = plan_jazzicon(jazzicon_number(address))
    seen = opened(draw_fallback(address, 256, FallbackStyle.JAZZICON, OutputFormat.PNG).data).convert("RGB")
    allowed = {as_hex(shape.color) for shape in plan.shapes} | {as_hex(plan.ground)}
    corners = {as_hex(seen.getpixel(place)) for place in ((0, 0), (255, 0), (0, 255), (255, 255))}  # type: ignore[arg-type]
    assert corners <= allowed


def test_a_text_that_is_no_address_has_an_icon() -> None:
    assert jazzicon_number("alice") != jazzicon_number("bob")
    assert plan_blockies("alice") != plan_blockies("bob")
    assert len(plan_blockies("")) == len(plan_blockies("👻")) == 8
