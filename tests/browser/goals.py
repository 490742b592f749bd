"""What people should be able to do, and what it may cost them. `make count` measures it and prints the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from tests.browser.stranger import Stranger
from tests.browser.weight import MOST_CODE_BYTES, MOST_REQUESTS, Weight

#: The name of the property by which a test's report carries what it measured.
PROPERTY = "cost"


@dataclass(frozen=True)
class Cost:
    """`clicks` and `fields` of one person, `words` on all screens, `requests` and `code_bytes` of the heaviest page."""

    clicks: int
    fields: int
    words: int
    seconds: float
    requests: int
    code_bytes: int


@dataclass(frozen=True)
class Goal:
    """The most that a task may cost. Seconds depend on the machine: they are printed, and no test fails by them."""

    task: str
    clicks: int
    fields: int
    words: int
    seconds: float | None = None

    def faults(self, cost: Cost) -> list[str]:
        limits = {"clicks": self.clicks, "fields": self.fields, "words": self.words}
        values = asdict(cost)
        over = [f"{values[what]} {what}, more than {most}" for what, most in limits.items() if values[what] > most]
        return over + Weight(cost.requests, cost.code_bytes).faults()


GOALS = {
    "photo": Goal("Signed in, any page → new photo of 12 MP shown", clicks=3, fields=0, words=250, seconds=3),
    "phone photo": Goal("The same on a phone, a photo of 48 MP", clicks=3, fields=0, words=250, seconds=5),
    "earlier": Goal("An earlier picture back", clicks=2, fields=0, words=250),
    "sign up": Goal("Sign up → photo → public page", clicks=5, fields=2, words=250),
    "wallet": Goal("Wallet → own NFT → mark, the wallet's own clicks included", clicks=6, fields=1, words=300),
    "mint": Goal("Mint a picture for free and show it", clicks=4, fields=1, words=300),
    "received": Goal("Show an NFT that somebody sent", clicks=1, fields=0, words=250),
    "elsewhere": Goal("A public page → its picture as Markdown on a blog", clicks=2, fields=0, words=250),
}


def measure(stranger: Stranger) -> Cost:
    stranger.read()
    heaviest = stranger.heaviest
    return Cost(
        stranger.clicks,
        stranger.fields,
        stranger.words,
        round(stranger.seconds, 1),
        heaviest.requests,
        heaviest.code_bytes,
    )


def table(costs: Iterable[tuple[str, Cost]]) -> list[str]:
    """Return the lines of a table: each goal with what was measured beside what is allowed."""
    rows = [("task", "clicks", "fields", "words", "seconds", "requests", "code, KB")]
    for name, cost in costs:
        goal = GOALS[name]
        rows.append(
            (
                goal.task,
                f"{cost.clicks}/{goal.clicks}",
                f"{cost.fields}/{goal.fields}",
                f"{cost.words}/{goal.words}",
                f"{cost.seconds}/{goal.seconds or '-'}",
                f"{cost.requests}/{MOST_REQUESTS}",
                f"{cost.code_bytes / 1024:.0f}/{MOST_CODE_BYTES // 1024}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
