"""What the tag `avatar` shows on a page of another project, in a real browser: with one stylesheet, and without any."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page

import profiles

CSS = Path(profiles.__file__).parent / "static/profiles/css/avatar.css"
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
HOST = """<!doctype html><style>main { max-width: 50rem; margin: auto }</style>
<main><h1>Members</h1><p>Text <a href="/">link</a></p><form><button>Save</button></form>"""
# All that a browser computes for elements that the page has anyway.
LOOKS = """() => ["html", "body", "main", "h1", "p", "a", "button"].map((name) => {
  const computed = getComputedStyle(document.querySelector(name));
  return [...computed].map((property) => property + ":" + computed.getPropertyValue(property)).join(";");
})"""


@pytest.fixture
def tag() -> str:
    facts = {"url": PIXEL, "url_dense": PIXEL, "moving_url": "/moving.gif", "alt": "Ruth", "size": 192}
    return render_to_string("profiles/components/avatar.html", {**facts, "mark": "Verified", "decorative": False})


def test_the_stylesheet_of_the_tag_draws_hexagon_and_mark(page: Page, tag: str) -> None:
    page.set_content(f"<style>{CSS.read_text('utf-8')}</style>{HOST}{tag}")
    assert "svg" in page.locator(".avatar img").evaluate("image => getComputedStyle(image).maskImage")
    picture, mark = page.locator(".avatar img").bounding_box(), page.locator(".avatar svg").bounding_box()
    assert picture
    assert mark
    assert picture["width"] == 192
    assert mark["width"] < 40
    assert mark["x"] > picture["x"] + 96, "in the corner"
    assert page.locator(".mark-fill").evaluate("path => getComputedStyle(path).fill") == "rgb(10, 106, 75)"
    assert page.locator(".avatar-play .visually-hidden").evaluate("words => words.offsetWidth") == 1


def test_it_changes_nothing_else_on_the_page(page: Page, tag: str) -> None:
    page.set_content(HOST + tag.replace("<span", "<span hidden", 1))
    before = page.evaluate(LOOKS)
    page.add_style_tag(content=CSS.read_text("utf-8"))
    page.locator(".avatar").first.evaluate("avatar => { avatar.style.display = 'none' }")
    changed = [
        ours
        for old, new in zip(before, page.evaluate(LOOKS), strict=True)
        for was, ours in zip(old.split(";"), new.split(";"), strict=False)
        if was != ours and not ours.startswith("--")
    ]
    assert not changed


def test_without_a_stylesheet_the_mark_is_small(page: Page, tag: str) -> None:
    page.set_content(HOST + tag)
    mark = page.locator(".avatar svg").bounding_box()
    assert mark
    assert max(mark["width"], mark["height"]) < 40


@pytest.mark.parametrize("scripts", [True, False])
def test_pages_know_by_themselves_whether_scripts_run(scripts: bool, page: Page) -> None:
    """No script of the site has to tell our styles: another project has none of ours."""
    browser = page.context.browser
    assert browser
    other = browser.new_context(java_script_enabled=scripts).new_page()
    styles = "".join((CSS.parent / name).read_text("utf-8") for name in ("forms.css", "components.css", "crop.css"))
    form = render_to_string("profiles/components/drop.html", {"accept": "image/*"})
    other.set_content(f'<style>{styles}</style>{form}<p class="js-only">s</p><p class="crop-plain">p</p>')
    assert other.locator("p.js-only").last.is_visible() is scripts
    assert other.locator(".crop-plain").is_visible() is not scripts
    assert (other.locator("input[type=file]").first.evaluate("i => getComputedStyle(i).opacity") == "0") is scripts
    other.context.close()
