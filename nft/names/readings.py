"""Carry out look-ups of names: one call by call, or many in batches of their next calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from nft.clients.evm.batch_calls import call_many
from nft.clients.evm.chain import At, ChainClient
from nft.clients.evm.errors import CallFailed, ChainError, ChainUnavailable
from nft.clients.web.fetch import GuardedHttp
from nft.core.evm.abi.ens_calls import MAX_RECORD_BYTES
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.offchain import OffchainLookup
from nft.names.errors import NameLookupError, names_unavailable, off_chain
from nft.names.offchain import fetch_offchain
from profiles.sentences import gettext as _

T = TypeVar("T")
Request = Call | OffchainLookup
# A look-up: yields each call of the chain, or fetch from a gateway, that it needs, and is sent the answer, or the error
# of a call; returns the record.
Reading = Generator[Request, bytes, T]


@dataclass(frozen=True)
class Source:
    """What answers look-ups: a chain at a block, and gateways if there is `http`. `ends_at` is a time.monotonic()."""

    client: ChainClient
    at: At
    http: GuardedHttp | None
    ends_at: float

    def read(self, reading: Reading[T]) -> T:
        """Make the requests of one look-up, one after the other. Raise ChainUnavailable or NameLookupError."""
        try:
            request = next(reading)
            while True:
                if time.monotonic() > self.ends_at:
                    raise ChainUnavailable(_("The chain's nodes are too slow to look up a name."))
                try:
                    answer = self._answer(request)
                except CallFailed as error:
                    request = reading.throw(error)
                else:
                    request = reading.send(answer)
        except StopIteration as done:
            found: T = done.value
            return found

    def read_together(self, readings: Sequence[Reading[T]]) -> list[T | NameLookupError]:
        """Make the next calls of all look-ups in one batch, until none has any more. Raise ChainUnavailable."""
        found: list[T | NameLookupError] = [names_unavailable()] * len(readings)
        waiting: dict[int, Call] = {}
        for place, reading in enumerate(readings):
            self._go_on(place, reading, partial(next, reading), waiting, found)
        while waiting and time.monotonic() < self.ends_at:
            places = list(waiting)
            answers = call_many(self.client, [waiting.pop(place) for place in places], self.at).answers
            for place, answer in zip(places, answers, strict=True):
                act = readings[place].throw if isinstance(answer, ChainError) else readings[place].send
                self._go_on(place, readings[place], partial(act, answer), waiting, found)  # type: ignore[arg-type]
        return found

    def _go_on(
        self,
        place: int,
        reading: Reading[T],
        go_on: Callable[[], Request],
        waiting: dict[int, Call],
        found: list[T | NameLookupError],
    ) -> None:
        """Continue one look-up to its next call, or record what it found. Without an answer, it stays unknown."""
        try:
            request = go_on()
            while isinstance(request, OffchainLookup):
                request = reading.send(self._fetch(request))
            waiting[place] = request
        except StopIteration as done:
            found[place] = done.value
        except NameLookupError as error:
            found[place] = error
        except ChainUnavailable:
            found[place] = names_unavailable()

    def _answer(self, request: Request) -> bytes:
        if isinstance(request, OffchainLookup):
            return self._fetch(request)
        return self.client.call(request.target, request.data, self.at, max_bytes=MAX_RECORD_BYTES)

    def _fetch(self, lookup: OffchainLookup) -> bytes:
        if self.http is None:
            raise off_chain()
        return fetch_offchain(lookup, self.http, self.ends_at)
