"""Count the tries of visitors to sign in by wallet, for themselves, their networks, an account and everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase

from profiles import limits
from profiles.sentences import gettext as _

# Tries a minute, by action. AVATAR_RATE_LIMITS replaces them.
# Past the numbers for everyone and for one account, each network still has its share: a flood uses them up, and shuts
# nobody out. With challenges kept for at most 15 minutes and guests' sessions for 20, a flood from 20 networks holds
# both below 50 MB.
TRIES_PER_MINUTE = {
    "challenge-session": 20,
    "challenge-network": 60,
    "challenge-everyone": 1_200,
    "challenge-everyone-share": 5,
    "verify-session": 30,
    "verify-network": 90,
    # Each asks a chain.
    "contract-lookup-network": 20,
    "contract-signature-network": 20,
    "contract-signature-account": 20,
    "contract-signature-account-share": 5,
    "contract-signature-everyone": 600,
    "contract-signature-everyone-share": 5,
}
# Texts that are good for long, a day. They stay in the table that long, so that even at this rate they take 10 MB.
LONG_PER_DAY = {"long-challenge-network": 20, "long-challenge-everyone": 5_000, "long-challenge-everyone-share": 5}
DAY = 86_400
CACHE_IS_DOWN = _("A part of this site is down, so nobody can sign in with a wallet now. Try again in a minute.")


@dataclass(frozen=True)
class Visitor:
    """The sender of a request: server-side session, signed-in user if any, and the networks to count tries for.

    `networks` are those of profiles.limits.networks_of_request.
    """

    session: SessionBase
    user: User | None
    networks: tuple[str, ...]

    @property
    def key(self) -> str:
        """What its texts to sign are bound to; empty for a visitor without a session yet."""
        return self.session.session_key or ""


def count_challenge(visitor: Visitor, now: datetime) -> None:
    """Count one text that a visitor wants. Raise as `count_try` does."""
    count_try(visitor, "challenge", now)
    count_shared_try(visitor, "challenge-everyone", "", now)


def count_try(visitor: Visitor, action: str, now: datetime) -> None:
    """Count one try for the visitor's session and networks.

    Raise profiles.limits.TooMany past a limit, ExpectedError if the cache is down: an uncounted flood would fill the
    table of challenges and burn the processor. Sign-in by password counts its tries in the same cache, so refusing
    stops nothing that would still work.
    """
    if visitor.key:
        of_session = f"{action}-session"
        limits.spend(of_session, visitor.key, TRIES_PER_MINUTE[of_session], **_minute(now))
    count_network_try(visitor, f"{action}-network", now)


def count_network_try(visitor: Visitor, what: str, now: datetime) -> None:
    """Count one try for the visitor's networks. Raise as `count_try` does."""
    limits.spend_in_networks(what, visitor.networks, TRIES_PER_MINUTE[what], **_minute(now))


def count_shared_try(visitor: Visitor, what: str, whose: str, now: datetime) -> None:
    """Count one try of everybody's, or of an account's. Raise as `count_try` does."""
    count, share = TRIES_PER_MINUTE[what], TRIES_PER_MINUTE[f"{what}-share"]
    limits.spend_shared(what, whose, visitor.networks, count, share, **_minute(now))


class _Window(TypedDict):
    seconds: int
    now: float
    if_cache_is_down: str


def _minute(now: datetime) -> _Window:
    return {"seconds": 60, "now": now.timestamp(), "if_cache_is_down": CACHE_IS_DOWN}


def count_long_challenge(visitor: Visitor, now: datetime) -> None:
    """Count one text that is good for long. Raise as `count_try` does."""
    day: _Window = {"seconds": DAY, "now": now.timestamp(), "if_cache_is_down": CACHE_IS_DOWN}
    limits.spend_in_networks("long-challenge-network", visitor.networks, LONG_PER_DAY["long-challenge-network"], **day)
    count, share = (LONG_PER_DAY[f"long-challenge-everyone{part}"] for part in ("", "-share"))
    limits.spend_shared("long-challenge-everyone", "", visitor.networks, count, share, **day)
