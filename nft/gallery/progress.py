"""The progress of a person's token searches, as their page and its script show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, Max

from nft.models import HeldToken, TokenClaim, TokenSearch
from nft.settings.chains import describe_chain
from profiles.sentences import gettext as _
from profiles.sentences import ngettext

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
            found = ngettext("%(count)s token", "%(count)s tokens", self.found)
            return _(
                "Looking for your tokens: %(percent)s %% read, %(found)s so far.", percent=self.percent, found=found
            )
        if self.pictures_due:
            return ngettext("Fetching %(count)s picture.", "Fetching %(count)s pictures.", self.pictures_due)
        return _("Waiting until the newest ones are confirmed.") if self.is_waiting and not self.troubles else ""


@dataclass(frozen=True)
class Counts:
    """Numbers of a person's tokens: all, confirmed, moving, with a picture, and whose picture is being fetched.

    `claims` changes with the state of a claim, `newest` with each arrival.
    """

    all: int = 0
    confirmed: int = 0
    moving: int = 0
    pictures: int = 0
    pictures_due: int = 0
    newest: datetime | None = None
    claims: str = ""


def count_tokens(user: User) -> Counts:
    """Count a person's tokens and claims, with two queries."""
    held = HeldToken.objects.filter(account__user=user).aggregate(
        all=Count("pk"),
        confirmed=Count("seen_at_block"),
        moving=Count("moved_at_block"),
        pictures=Count("image"),
        pictures_due=Count("due_at"),
        newest=Max("first_seen_at"),
    )
    by_state = TokenClaim.objects.filter(user=user).order_by("state").values_list("state")
    counts = by_state.annotate(count=Count("pk"), pictures=Count("avatar"), moving=Count("moved_at_block"))
    return Counts(**held, claims="".join(f"{state[0]}{a}.{b}.{c}" for state, a, b, c in counts))


def get_progress(user: User, counts: Counts, version: int) -> Progress:
    """Return the progress of all searches of a person, with one query.

    `counts` are of `count_tokens`; `version` changes with the person's picture.
    """
    searches = list(TokenSearch.objects.filter(account__user=user).order_by("chain_id", "started_at"))
    running = [search for search in searches if search.state == State.RUNNING]
    states = "".join(search.state[0] for search in searches)
    numbers = (counts.all, counts.confirmed, counts.moving, counts.pictures, counts.pictures_due)
    newest = counts.newest.timestamp() if counts.newest else 0
    return Progress(
        is_running=bool(running),
        is_waiting=counts.moving > 0 or any(search.due_at is not None for search in searches),
        was_searched=bool(searches),
        percent=sum(search.percent for search in running) // len(running) if running else 100,
        found=counts.all,
        pictures_due=counts.pictures_due,
        troubles=_troubles(searches),
        stamp="-".join(map(str, (states, *numbers, newest, counts.claims, version))),
    )


def _troubles(searches: Sequence[TokenSearch]) -> list[str]:
    found = []
    for search in searches:
        name = describe_chain(search.chain_id).name
        if search.trouble and search.state != State.RUNNING:
            found.append(_("%(name)s: %(trouble)s", name=name, trouble=search.trouble))
        if search.state == State.DONE and not search.is_complete and search.first_read is not None:
            found.append(
                _(
                    "%(name)s: older blocks than %(first_read)s were not read. “Refresh” goes on there.",
                    name=name,
                    first_read=search.first_read,
                )
            )
    return list(dict.fromkeys(found))
