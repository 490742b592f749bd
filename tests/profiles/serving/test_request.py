"""What the URL of an avatar may say."""

from __future__ import annotations

import pytest

from profiles.errors import ExpectedError
from profiles.images.fallback import FallbackStyle
from profiles.images.formats import OutputFormat
from profiles.serving.request import AvatarRequest, parse_request


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
def test_what_can_be_nobodys_name_is_refused(text: str) -> None:
    with pytest.raises(ExpectedError) as refused:
        wish(text)
    assert refused.value.slug == "bad-identifier"


def test_404_is_no_drawing() -> None:
    assert wish("alice", d="404").not_found
    assert wish("alice", d="404").default is None
