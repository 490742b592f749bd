"""Find faults of a page: WCAG 2.2 A and AA (by axe-core), its title and headings, its width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SCHEMES = ("light", "dark")


def faults_in_every_look(page: Page) -> list[str]:
    """Return the faults on phone and desktop, light and dark. The context must be opened with reduced motion."""
    found: list[str] = []
    for size in (PHONE, DESKTOP):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found += [f"{size['width']} {scheme}: {fault}" for fault in [*violations(page), *frame_faults(page)]]
    return found


def violations(page: Page) -> list[str]:
    """Return what axe calls serious or critical, with the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "; 0")  # evaluate() bypasses the page's content security policy
    run = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
    results: list[dict[str, Any]] = page.evaluate(run, RULES)["violations"]
    return [_described(result) for result in results if result["impact"] in {"serious", "critical"}]


def frame_faults(page: Page) -> list[str]:
    """Return faults of the frame: no title, not exactly one h1, or sideways scrolling."""
    faults = [] if page.title().partition(" · ")[0].strip() else ["It has no title."]
    headings = page.locator("h1").count()
    if headings != 1:
        faults.append(f"It has {headings} h1.")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*faults, f"It scrolls sideways by {wide} px."] if wide > 0 else faults


def _described(result: dict[str, Any]) -> str:
    nodes = "; ".join(" ".join(map(str, node["target"])) for node in result["nodes"])
    return f"{result['id']} ({result['impact']}), {result['help']}: {nodes}"
