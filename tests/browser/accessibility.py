"""What is wrong with a page that anybody might open: WCAG 2.2 A and AA by axe-core, its frame, its width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SCHEMES = ("light", "dark")


def faults_in_every_look(page: Page) -> list[str]:
    """Phone and desktop, light and dark. The page must not move: open the context with reduced motion."""
    found: list[str] = []
    for size in (PHONE, DESKTOP):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found += [f"{size['width']} {scheme}: {fault}" for fault in [*violations(page), *frame_faults(page)]]
    return found


def violations(page: Page) -> list[str]:
    """What axe calls serious or critical, with the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "; 0")  # by the debugger, which no policy of the page stops
    run = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
    results: list[dict[str, Any]] = page.evaluate(run, RULES)["violations"]
    return [_told(result) for result in results if result["impact"] in {"serious", "critical"}]


def frame_faults(page: Page) -> list[str]:
    """One h1, a title of its own, and nothing that makes the page scroll sideways."""
    faults = [] if page.title().partition(" · ")[0].strip() else ["It has no title."]
    headings = page.locator("h1").count()
    if headings != 1:
        faults.append(f"It has {headings} h1.")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*faults, f"It scrolls sideways by {wide} px."] if wide > 0 else faults


def _told(result: dict[str, Any]) -> str:
    nodes = "; ".join(" ".join(map(str, node["target"])) for node in result["nodes"])
    return f"{result['id']} ({result['impact']}), {result['help']}: {nodes}"
