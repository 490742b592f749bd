"""What a cold page costs: its requests, and the bytes of its own scripts and styles as they are sent.

Read from the browser's resource timing, which also lists what came from the cache, with its size. So no page is loaded
again to be weighed. What a page asks for after it is shown, such as a poll, is not part of the load. Neither is what
the demo wallet asks its chain: it exists on the local stack only, and pages ask nobody but the site.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

#: The number of requests for the page itself, and the encoded bytes of its scripts and styles.
LOADED = """() => {
  const { loadEventStart } = performance.getEntriesByType("navigation")[0];
  const loaded = performance.getEntriesByType("resource")
    .filter(({ name }) => new URL(name).origin === location.origin)
    .filter(({ startTime }) => !loadEventStart || startTime < loadEventStart);
  const code = loaded.filter(({ name }) => /\\.(css|js)$/.test(new URL(name).pathname));
  return [1 + loaded.length, code.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)];
}"""
MOST_REQUESTS, MOST_CODE_BYTES = 10, 60 * 1024


@dataclass(frozen=True)
class Weight:
    requests: int = 0
    code_bytes: int = 0

    def or_more(self, other: Weight) -> Weight:
        return Weight(max(self.requests, other.requests), max(self.code_bytes, other.code_bytes))

    def faults(self) -> list[str]:
        """Return what exceeds the budget of a page."""
        budget = {"requests": (self.requests, MOST_REQUESTS), "bytes of code": (self.code_bytes, MOST_CODE_BYTES)}
        return [f"{number} {what}, more than {most}" for what, (number, most) in budget.items() if number > most]


def weigh(page: Page) -> Weight:
    """Return the weight of the page that is open."""
    requests, code_bytes = page.evaluate(LOADED)
    return Weight(requests, code_bytes)
