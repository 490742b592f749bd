"""What the URL of an avatar may say."""

from __future__ import annotations

import pytest

from profiles.errors import ExpectedError
from profiles.images.fallback import FallbackStyle
from profiles.images.formats import OutputFormat
from profiles.serving.request import AvatarRequest, check_identifier, parse_request


def wish(identifier: str, **query: str) -> AvatarRequest:
    return parse_request(identifier, query)


def test_the_least_a_url_says() -> None:
    assert wish("alice") == AvatarRequest("alice", 80, None, None, not_found=False, force_default=False, still=False)


def test_gravatars_long_names_mean_the_same() -> None:
    long = wish("alice", size="200", default="identicon", forcedefault="y")
    assert long == wish("alice", s="200", d="identicon", f="y")
    assert (long.size, long.default, long.force_default) == (200, FallbackStyle.IDENTICON, True)


@pytest.mark.parametrize(
    ("text", "identifier", "fmt"),
    [
        ("alice.webp", "alice", OutputFormat.WEBP),
        ("alice.JPG", "alice", OutputFormat.JPEG),
        ("alice.eth", "alice.eth", None),
        ("alice.eth.png", "alice.eth", OutputFormat.PNG),
        ("ñandú.eth", "ñandú.eth", None),
        ("🚴‍♂.eth.webp", "🚴‍♂.eth", OutputFormat.WEBP),
        ("eip155:1:0xAb", "eip155:1:0xAb", None),
        ("png", "png", None),
    ],
)
def test_only_suffixes_we_know_are_formats(text: str, identifier: str, fmt: OutputFormat | None) -> None:
    assert (wish(text).identifier, wish(text).format) == (identifier, fmt)


@pytest.mark.parametrize("text", ["", ".png", "a" * 129, "a/b", "a\n", "-a", "a-", "a%", "\uff41", "ä..eth", "ä.b c"])
def test_what_can_be_nobodys_name_names_nobody(text: str) -> None:
    assert wish(text).names_nobody
    with pytest.raises(ExpectedError) as refused:
        check_identifier(text)
    assert refused.value.slug == "bad-identifier"


@pytest.mark.parametrize(
    ("asked", "size", "is_exact"),
    [
        ("80", 80, True),
        ("1", 1, True),
        ("1024", 1024, True),
        ("1025", 1024, True),
        ("2048", 1024, True),
        ("9" * 20, 1024, True),
        ("80px", 80, True),
        ("80.5", 80, True),
        ("080", 80, True),
        ("", 80, False),
        ("0", 80, False),
        ("-1", 80, False),
        ("1e9", 80, False),
        ("large", 80, False),
        ("٣", 80, False),
        ("9" * 400, 80, False),
        ("80 ", 80, False),
        ("nan", 80, False),
    ],
)
def test_a_size_means_the_nearest_one_there_is(asked: str, size: int, *, is_exact: bool) -> None:
    assert (wish("alice", s=asked).size, wish("alice", s=asked).is_exact) == (size, is_exact)


@pytest.mark.parametrize(
    "asked", ["https://example.org/x.png", "//x", "wat", "", "http://[", "data:image/png,x", "404 "]
)
def test_a_default_that_is_not_drawn_means_the_persons_own(asked: str) -> None:
    assert (wish("alice", d=asked).default, wish("alice", d=asked).default_url) == (None, "")
    assert not wish("alice", d=asked).not_found


@pytest.mark.parametrize(
    ("asked", "whole"), [("contain", True), ("CONTAIN", True), ("cover", False), ("", False), ("fill", False)]
)
def test_an_unknown_fit_covers(asked: str, *, whole: bool) -> None:
    assert wish("alice", fit=asked).whole == whole


@pytest.mark.parametrize(
    ("suffix", "fmt"),
    [("gif", "png"), ("GIF", "png"), ("svg", "png"), ("bmp", "png"), ("ico", "png"), ("jfif", "jpeg"), ("jpe", "jpeg")],
)
def test_a_suffix_that_we_do_not_encode_means_the_nearest_format(suffix: str, fmt: str) -> None:
    for name in ("a" * 32, "b" * 64, "alice"):
        assert (wish(f"{name}.{suffix}").identifier, wish(f"{name}.{suffix}").format) == (name, OutputFormat(fmt))


def test_404_is_no_drawing() -> None:
    assert wish("alice", d="404").not_found
    assert wish("alice", d="404").default is None
