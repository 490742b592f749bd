"""Find English that is left on a German page, also in names that only screen readers say."""

from __future__ import annotations

import re

from playwright.sync_api import Page

#: Function words that German has not, and words of our buttons. Names, codes and what is marked as English is skipped.
ENGLISH = re.compile(
    r"\b(?:the|and|you|your|yours|is|are|of|to|from|with|without|this|that|these|it|its|not|for|we|our|have|has|by|"
    r"who|when|which|what|how|then|their|they|them|there|be|been|were|can|cannot|could|or|if|but|no|yes|as|at|"
    r"show|use|save|change|remove|delete|send|sign|choose|picture|pictures|account|settings|notices)\b",
    re.IGNORECASE,
)
_READ = """() => {
  const skipped = "code, pre, kbd, script, style, noscript, [translate=no], .demo-wallet-button, input, textarea";
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest(skipped) || parent.closest("[lang]").lang !== "de") continue;
    found.push(walker.currentNode.textContent);
  }
  const said = ["aria-label", "title", "alt", "placeholder", "aria-valuetext"];
  for (const element of document.body.querySelectorAll(said.map((name) => `[${name}]`))) {
    if (element.closest("[lang]").lang !== "de" || element.closest("[translate=no]")) continue;
    for (const name of said)
      if (element.getAttribute(name)) found.push(element.getAttribute(name));
  }
  return [document.title, document.querySelector("meta[name=description]")?.content ?? "", ...found];
}"""


def english_on(page: Page, names: tuple[str, ...] = ()) -> list[str]:
    """Return the texts with an English word. `names` may stand in a text."""
    if page.evaluate("document.documentElement.lang") != "de":
        return [f"{page.url} is no German page"]
    return [text for text in map(_one_line, page.evaluate(_READ)) if _has_english(text, names)]


def _has_english(text: str, names: tuple[str, ...]) -> bool:
    for name in names:
        text = text.replace(name, "")
    text = re.sub(r"\S*[/@]\S*|„[^“]*“", " ", text)  # addresses, and what a person named
    return ENGLISH.search(text) is not None


def _one_line(text: str) -> str:
    return " ".join(text.split())
