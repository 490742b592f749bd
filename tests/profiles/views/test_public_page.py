"""What a person tells of themselves on their page, and how it moves."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from profiles.models import Profile
from profiles.people.links import LinkError, link_label, parse_links
from profiles.serving.qr_codes import draw_qr_code
from profiles.testing.people import an_animation, an_upload
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "links"),
    [
        ("", ()),
        (" example.org/me \n\nhttp://a.example", ("https://example.org/me", "http://a.example")),
        ("https://a.example\na.example", ("https://a.example",)),
        ("https://münchen.example/ä", ("https://münchen.example/ä",)),
    ],
)
def test_links_are_written_one_a_line(typed: str, links: tuple[str, ...]) -> None:
    assert parse_links(typed) == links


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://bank.example@evil.example/",
        "https://[::1",
        "no link",
        "https://" + "a" * 200 + ".example",
        "\n".join(f"{name}.example" for name in "abcdef"),
    ],
)
def test_what_is_no_link_is_refused(typed: str) -> None:
    with pytest.raises(LinkError):
        parse_links(typed)


def test_the_page_shows_what_they_wrote_and_leads_to_their_pages(client: Client, alice: Profile) -> None:
    client.force_login(alice.user)
    form = {"handle": "alice", "pronouns": "she/her", "bio": "See (example.org) <b>", "links": "a.example/@me"}
    assert client.post("/settings/profile/", form).status_code == 302
    page = Client().get("/u/alice/").content.decode()
    assert "she/her" in page
    assert '(<a href="https://example.org" rel="nofollow">example.org</a>) &lt;b&gt;' in page
    assert (
        '<a class="u-url" href="https://a.example/@me" rel="me nofollow noopener noreferrer">a.example/@me</a>' in page
    )
    assert '"sameAs": ["https://a.example/@me"]' in page
    assert "a.example/@me</textarea>" in client.get("/settings/profile/").content.decode()
    refused = client.post("/settings/profile/", form | {"links": "javascript:alert(1)"})
    assert "is not a web address" in refused.content.decode()
    assert link_label("https://www.a.example/") == "a.example"


def test_the_proof_is_one_line_that_opens(client: Client, alice: Profile) -> None:
    a_token_picture(alice, timezone.now())
    page = client.get("/u/alice/").content.decode()
    folded = re.search(r'<details class="card proof" id="proof">\s*<summary>(.*?)</summary>', page, re.DOTALL)
    assert folded is not None
    assert "alice has the right to show this picture." in folded[1]
    assert "Contract" not in folded[1]


def test_an_animation_stands_still_until_somebody_plays_it(client: Client, alice: Profile) -> None:
    an_upload(alice, an_animation())
    client.force_login(alice.user)
    for path in ("/", "/u/alice/", "/settings/picture/"):
        page = client.get(path).content.decode()
        shown = re.findall(r'<img\s+src="(/avatar/[^"]+)"', page)
        assert shown
        assert all("still=1" in address for address in shown), path
        [moving] = re.findall(r'<a\s+class="avatar-play" href="([^"]+)"', page)
        assert b"ANIM" in client.get(moving.replace("&amp;", "&"), headers={"accept": "image/webp"}).content
        for address in shown:
            still = client.get(address.replace("&amp;", "&"), headers={"accept": "image/webp"})
            assert b"ANIM" not in still.content
    an_upload(alice)
    assert "avatar-play" not in client.get("/u/alice/").content.decode()


def test_a_qr_code_leads_to_the_page_or_to_the_picture(client: Client, alice: Profile) -> None:
    an_upload(alice)
    for query, text in (
        ("", "http://localhost:8000/u/alice/"),
        ("?of=picture", "http://localhost:8000/avatar/alice?s=512"),
    ):
        answer = client.get(f"/u/alice/qr.svg{query}")
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
        assert modules_of(answer.content.decode()) == modules_of(draw_qr_code(text)) == _matrix(text)
    use = client.get("/u/alice/use/").content.decode()
    assert use.count('href="/u/alice/qr.svg') == 2
    assert client.get("/u/nobody/qr.svg").status_code == 404


def modules_of(svg: str) -> set[tuple[int, int]]:
    """Return where the dark modules of a drawn code are."""
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg)
    return {(int(x) + step, int(y)) for x, y, length in runs for step in range(int(length))}


def _matrix(text: str) -> set[tuple[int, int]]:
    code: QRCode[object] = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    return {(x, y) for y, row in enumerate(code.get_matrix()) for x, is_dark in enumerate(row) if is_dark}


def test_the_page_to_crop_an_animation_shows_it_still(client: Client, alice: Profile) -> None:
    entry = an_upload(alice, an_animation())
    client.force_login(alice.user)
    page = client.get(f"/settings/picture/{entry.pk}/crop/").content.decode()
    [shown] = re.findall(r'data-whole\s+src="([^"]+)"', page)
    assert b"ANIM" not in client.get(shown).content
    assert b"ANIM" in client.get(shown.partition("?")[0]).content
