"""A stranger who finds their way by what stands on the screen: counts what it costs them.

Every click must be on something that is wholly in view, and nobody scrolls. Words are counted as a reader meets them:
each line of text once, on all screens together.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TypedDict

from playwright.sync_api import Locator, Page, expect

from tests.browser.weight import Weight, weigh

#: The text in view of the uppermost layer: an open dialog, or else the page. What is only read out is left out.
VISIBLE_LINES = """() => {
  const root = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  const hidden = [...root.querySelectorAll(".visually-hidden, .skip-link")];
  for (const part of hidden) part.hidden = true;
  const lines = root.innerText.split("\\n");
  for (const part of hidden) part.hidden = false;
  return lines;
}"""
#: How far the window and everything in it is scrolled.
SCROLLED = "() => [...document.querySelectorAll('*')].reduce((sum, part) => sum + part.scrollTop, 0)"


class File(TypedDict):
    name: str
    mimeType: str
    buffer: bytes


@dataclass
class Stranger:
    """`clicks` counts presses, `fields` what was typed or chosen from a list. A file chosen is the click that asks."""

    page: Page
    clicks: int = 0
    fields: int = 0
    lines: set[str] = field(default_factory=set)
    #: The most requests, and the most bytes of code, that one of the pages passed has.
    heaviest: Weight = field(default_factory=Weight)
    started_at: float = field(default_factory=time.monotonic)

    @property
    def words(self) -> int:
        """Words on the screens passed, each line once."""
        return sum(any(map(str.isalnum, word)) for line in self.lines for word in line.split())

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started_at

    def link(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=name, exact=True))

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name).first)

    def press(self, found: Locator) -> None:
        self._look_at(found)
        found.click()
        self.clicks += 1

    def choose_file(self, label: str, file: File) -> None:
        found = self.page.locator("label").get_by_text(label, exact=True)
        self._look_at(found)
        with self.page.expect_file_chooser() as asked:
            found.click()
        asked.value.set_files(file)
        self.clicks += 1

    def fill(self, label: str, text: str) -> None:
        found = self.page.get_by_label(label, exact=True)
        self._look_at(found)
        found.fill(text)
        self.fields += 1

    def read(self) -> None:
        """Read what stands here, and weigh the page."""
        self.heaviest = self.heaviest.or_more(weigh(self.page))
        self.lines |= {line.strip() for line in self.page.evaluate(VISIBLE_LINES) if line.strip()}

    def _look_at(self, found: Locator) -> None:
        expect(found).to_be_in_viewport(ratio=1)
        assert self.page.evaluate(SCROLLED) == 0
        self.read()
