"""The progress of a person's token searches, as their page and its script show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count

from nft.models import HeldToken, TokenSearch
from nft.settings.chains import describe_chain

State = TokenSearch.State


@dataclass(frozen=True)
class Progress:
    """The progress of all searches and pictures of a person.

    percent: of the blocks that the running searches read. troubles: a sentence for each source that could not be asked.
    stamp: changes whenever the page would.
    """

    is_running: bool
    is_waiting: bool
    was_searched: bool
    percent: int
    found: int
    pictures_due: int
    troubles: list[str]
    stamp: str

    @property
    def is_busy(self) -> bool:
        """Return whether something will change without the person."""
        return self.is_running or self.is_waiting or self.pictures_due > 0

    @property
    def sentence(self) -> str:
        if self.is_running:
            found = f"{self.found} token{'' if self.found == 1 else 's'}"
            return f"Looking through the chain for your tokens: {self.percent} % read, {found} so far."
        if self.pictures_due:
            return f"Fetching {self.pictures_due} picture{'' if self.pictures_due == 1 else 's'}."
        return "Waiting until the newest ones are confirmed." if self.is_waiting and not self.troubles else ""


@dataclass(frozen=True)
class Counts:
    """Numbers of a person's tokens: all, confirmed, with a picture, and whose picture is being fetched."""

    all: int
    confirmed: int
    pictures: int
    pictures_due: int


def count_tokens(user: User) -> Counts:
    """Count a person's tokens, with one query."""
    tokens = HeldToken.objects.filter(account__user=user)
    count = tokens.aggregate(
        all=Count("pk"), confirmed=Count("seen_at_block"), pictures=Count("image"), due=Count("due_at")
    )
    return Counts(count["all"], count["confirmed"], count["pictures"], count["due"])


def get_progress(user: User, counts: Counts) -> Progress:
    """Return the progress of all searches of a person, with one query. `counts` are of `count_tokens`."""
    searches = list(TokenSearch.objects.filter(account__user=user).order_by("chain_id", "started_at"))
    running = [search for search in searches if search.state == State.RUNNING]
    states = "".join(search.state[0] for search in searches)
    return Progress(
        is_running=bool(running),
        is_waiting=any(search.due_at is not None for search in searches),
        was_searched=bool(searches),
        percent=sum(search.percent for search in running) // len(running) if running else 100,
        found=counts.all,
        pictures_due=counts.pictures_due,
        troubles=_troubles(searches),
        stamp=f"{states}-{counts.all}-{counts.confirmed}-{counts.pictures}-{counts.pictures_due}",
    )


def _troubles(searches: Sequence[TokenSearch]) -> list[str]:
    found = []
    for search in searches:
        name = describe_chain(search.chain_id).name
        if search.trouble and search.state != State.RUNNING:
            found.append(f"{name}: {search.trouble}")
        if search.state == State.DONE and not search.is_complete and search.first_read is not None:
            found.append(f"{name}: older blocks than {search.first_read:,} were not read. “Look again” goes on there.")
    return list(dict.fromkeys(found))
