"""Text to paste elsewhere that shows somebody's current picture: its address, HTML and Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html

from profiles import settings
from profiles.models import Profile

SIZES = (64, 128, 256, 512)
#: The CSS of each shape. None is a hexagon: that shape says "verified", and pasted text can't follow the mark.
SHAPES = {"circle": "border-radius:50%", "rounded": "border-radius:16%", "square": ""}
FORMATS = ("", "webp", "png", "jpg")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|])")


@dataclass(frozen=True)
class Snippets:
    """What to paste. `address` is of the picture, with the size asked for."""

    address: str
    html: str
    markdown: str


def build_snippets(profile: Profile, size: int, shape: str, suffix: str) -> Snippets:
    """Build the snippets for `size` CSS pixels, a shape of SHAPES and a format of FORMATS ("": what the browser likes).

    The HTML also names the picture for screens with twice as many pixels, and links to the person's page.
    """
    origin, name = settings.current().site_origin, profile.name
    picture = origin + reverse("profiles:avatar", args=[profile.handle + (f".{suffix}" if suffix else "")])
    page, address = origin + profile.get_absolute_url(), f"{picture}?s={size}"
    style = format_html(' style="{}"', SHAPES[shape]) if SHAPES[shape] else ""
    html = format_html(
        '<a href="{}"><img src="{}" srcset="{}?s={} 2x" width="{}" height="{}" alt="{}"{}></a>',
        page, address, picture, 2 * size, size, size, name, style,
    )  # fmt: skip
    words = _MARKDOWN.sub(r"\\\1", " ".join(name.split()))
    # No longer marked as safe: pages show the HTML as text.
    return Snippets(address, html + "", f"[![{words}]({address})]({page})")
