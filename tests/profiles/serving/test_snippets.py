"""What people paste elsewhere to show a picture."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.test import Client

from profiles.models import Profile
from profiles.serving.snippets import FORMATS, SHAPES, SIZES, build_snippets
from profiles.testing.people import a_person, an_upload

pytestmark = pytest.mark.django_db
NAMES = ["Mira Sol", '"><script>alert(1)</script>', "a](https://evil.example)[b", "山田 & Söhne", "_x_ *y* `z`"]


class Elements(HTMLParser):
    """The elements of a text, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def mira() -> Profile:
    profile = a_person("mira")
    an_upload(profile)
    return profile


@pytest.mark.parametrize("name", NAMES)
def test_the_html_is_one_linked_picture_whatever_the_name_is(mira: Profile, name: str) -> None:
    mira.display_name = name
    found = Elements(build_snippets(mira, 128, "circle", "").html).found
    assert [tag for tag, _ in found] == ["a", "img"]
    picture = found[1][1]
    assert picture["alt"] == name
    assert (picture["width"], picture["height"], picture["style"]) == ("128", "128", "border-radius:50%")
    assert str(picture["src"]).endswith("/avatar/mira?s=128")
    assert str(picture["srcset"]).endswith("/avatar/mira?s=256 2x")
    assert str(found[0][1]["href"]).endswith("/u/mira/")


def test_markdown_keeps_a_name_in_its_brackets(mira: Profile) -> None:
    mira.display_name = NAMES[2]
    text = build_snippets(mira, 64, "square", "png").markdown
    assert text.startswith(r"[![a\]\(https://evil\.example\)\[b](")
    assert "/avatar/mira.png?s=64)](" in text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("suffix", FORMATS)
def test_every_address_answers_with_a_picture(client: Client, mira: Profile, size: int, suffix: str) -> None:
    for shape in SHAPES:
        address = build_snippets(mira, size, shape, suffix).address
        response = client.get("/avatar/" + address.partition("/avatar/")[2])
        assert response.status_code == 200
        assert response["Content-Type"].startswith("image/")


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("", "/avatar/mira?s=128"),
        ("?size=256&shape=square&suffix=png", "/avatar/mira.png?s=256"),
        ("?size=7&shape=hexagon&suffix=exe", "/avatar/mira?s=128"),
        ("?size=64&shape=%00", "/avatar/mira?s=64"),
    ],
)
def test_the_page_shows_what_was_asked_for_or_its_first_choice(
    client: Client, mira: Profile, query: str, address: str
) -> None:
    response = client.get(f"/u/mira/use/{query}")
    if "%00" in query:
        assert response.status_code == 400
        return
    page = response.content.decode()
    assert f'{address}"' in page
    assert "&lt;a href=&quot;" in page, "it is shown as text"
    assert page.count("<img") == 1 + page.count('class="avatar') + page.count('class="qr"'), "only the preview"
