"""Run an import: read a source in chunks, and have workers import the pictures of one person after the other.

Memory is bounded: one chunk of entries, and per worker the pictures of one person, one at a time. The journal and the
progress are of the main thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from zlib import crc32

from django.db import connections
from django.utils import timezone

from profiles.imports.entries import FINE, By, Entry, Outcome, PictureSource, Result, Stopped, Unusable
from profiles.imports.journal import Journal
from profiles.imports.one_person import Rules, import_person, result_of
from profiles.imports.outage_waits import Patience
from profiles.imports.people import Key, find_people
from profiles.imports.planning import Place, as_history, plan_pictures
from profiles.imports.reports import Progress
from profiles.outages import outage_of

#: Entries whose people are looked up at once, and tasks for each worker that wait for it.
CHUNK, AHEAD = 500, 2
#: Entries in a row whose host could not be reached, after which the network is taken to be down.
MAX_UNREACHABLE = 20

#: Seconds in which workers end.
_ENDS_WITHIN = 120.0

Group = list[Entry]
Task = Callable[[], list[Result]]
#: Outcomes that every run looks at again: nothing was learned of the picture.
_OPEN = frozenset({Outcome.UNREACHABLE, Outcome.NO_CONSENT})
#: Outcomes that were found without asking any host.
_SAYS_NOTHING = frozenset({Outcome.HAS_ONE, Outcome.EARLIER, Outcome.NO_CONSENT, Outcome.NO_USER, Outcome.DUPLICATE})


@dataclass(frozen=True)
class Part:
    """Of `count` processes that share the people of a source, the one of this `number` (from 1)."""

    number: int = 1
    count: int = 1

    def has(self, user: str) -> bool:
        return crc32(user.encode("utf-8", "replace")) % self.count == self.number - 1


WHOLE = Part()


@dataclass
class Run:
    """One run. `retry_failed`: also what failed in earlier runs. `part`: of N processes that share people, this one."""

    source: PictureSource
    journal: Journal
    rules: Rules
    progress: Progress
    workers: int = 1
    retry_failed: bool = False
    part: Part = WHOLE

    def go(self) -> None:
        """Import everything that is left: first what no run has looked at, then what is to be tried again.

        Raise Stopped if something is down for too long; what was done until then is in the journal.
        """
        self._unreachable = 0
        self._now = timezone.now()
        again = sum(count for outcome, count in self.journal.counts().items() if self._is_open(outcome))
        with _Workers(self.workers, self.rules.patience) as workers:
            self._pass(workers, is_first=True)
            if again:
                self.progress.expect(again)
                self._pass(workers, is_first=False)

    def _pass(self, workers: _Workers, *, is_first: bool) -> None:
        for chunk in _chunks(self.source):
            for task in self._tasks(chunk, is_first=is_first):
                self._note(workers.submit(task))
            self.journal.commit()
        self._note(workers.finish())

    def _tasks(self, chunk: Sequence[Group], *, is_first: bool) -> Iterator[Task]:
        """Yield what is to be done for the groups of a chunk. What needs no worker is noted at once."""
        known = self.journal.outcomes([entry.key for group in chunk for entry in group])
        left = [(group, self._left(group, known, is_first=is_first)) for group in chunk]
        wanted = [(group, keys) for group, keys in left if keys]
        found = self.rules.patience.call(partial(_find, [group for group, _ in wanted]))
        for group, keys in wanted:
            user = found[group[0].person, group[0].by]
            if not self.part.has(group[0].person if isinstance(user, Unusable) else str(user)):
                continue
            places = [place for place in plan_pictures(group, self._now) if place.entry.key in keys]
            if isinstance(user, Unusable):
                self._note([result_of(place, "", user.outcome, user.reason) for place in places])
            elif taken := self._choose(places, user, group[0].key):
                yield partial(import_person, user, taken, self.rules)

    def _left(self, group: Group, known: dict[str, tuple[Outcome, bool]], *, is_first: bool) -> set[str]:
        """Return the keys of entries that this pass looks at, and count the others."""
        keys = set()
        for entry in group:
            outcome, is_of_this_run = known.get(entry.key, (None, False))
            if outcome is None or (not is_first and not is_of_this_run and self._is_open(outcome)):
                keys.add(entry.key)
            elif is_first:
                self.progress.count(skipped=True)
        return keys

    def _is_open(self, outcome: Outcome) -> bool:
        if outcome is Outcome.HAS_ONE:
            return self.rules.replace
        if outcome is Outcome.EARLIER:
            return self.rules.history
        if outcome is Outcome.DUPLICATE and self.rules.history:
            return True
        return outcome in _OPEN or (self.retry_failed and outcome not in FINE)

    def _choose(self, places: Sequence[Place], user: Key, key: str) -> list[Place]:
        """Return the places to import, and note the others. `key` is of the first entry that names the user here."""
        is_first = self.journal.claim_person(str(user), key)
        if self.rules.history:
            return list(places) if is_first else as_history(places)
        if not is_first:
            reason = "An entry before this one named the same user."
            self._note([result_of(place, user, Outcome.DUPLICATE, reason) for place in places])
            return []
        reason = "Another picture of the person is the one in use there."
        self._note([result_of(place, user, Outcome.EARLIER, reason) for place in places if not place.is_current])
        return [place for place in places if place.is_current]

    def _note(self, results: Sequence[Result]) -> None:
        for result in results:
            self.journal.record(result)
            self.progress.count()
            if result.outcome is Outcome.UNREACHABLE:
                self._unreachable += 1
            elif result.outcome not in _SAYS_NOTHING:
                self._unreachable = 0
        if self._unreachable >= MAX_UNREACHABLE:
            self._unreachable = 0
            raise Stopped(f"{MAX_UNREACHABLE} entries in a row could not be reached; the last: {results[-1].reason}")


class _Workers:
    """Threads that work on tasks, few of which wait; this thread alone if there is one worker."""

    def __init__(self, count: int, patience: Patience) -> None:
        self._count, self._patience = count, patience
        self._pool = ThreadPoolExecutor(count, "import") if count > 1 else None
        self._pending: set[Future[list[Result]]] = set()

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._patience.stop()
        if self._pool is not None:
            gate = threading.Barrier(self._count)
            for _each in range(self._count):
                self._pool.submit(_end_thread, gate)
            self._pool.shutdown(cancel_futures=kind is not None)

    def submit(self, task: Task) -> list[Result]:
        """Give a task to a worker. Return the results of tasks that have ended, after waiting for one if many wait."""
        if self._pool is None:
            return task()
        self._pending.add(self._pool.submit(task))
        return self._collect() if len(self._pending) >= AHEAD * self._count else []

    def finish(self) -> list[Result]:
        """Return the results of all tasks that are left."""
        results = []
        while self._pending:
            results += self._collect()
        return results

    def _collect(self) -> list[Result]:
        done, self._pending = wait(self._pending, return_when=FIRST_COMPLETED)
        return [result for future in done for result in future.result()]


def _end_thread(gate: threading.Barrier) -> None:
    """Close a worker's connections, once each worker is here."""
    with suppress(threading.BrokenBarrierError):
        gate.wait(timeout=_ENDS_WITHIN)
    connections.close_all()


def _find(groups: Sequence[Group]) -> dict[tuple[str, tuple[By, ...]], Key | Unusable]:
    names = {(group[0].person, group[0].by) for group in groups}
    found: dict[tuple[str, tuple[By, ...]], Key | Unusable] = {}
    for by in {by for _, by in names}:
        people = find_people([person for person, each in names if each == by], by)
        found |= {(person, by): whom for person, whom in people.items()}
    return found


def _chunks(source: PictureSource) -> Iterator[list[Group]]:
    """Yield groups of entries that follow one another and are of one person, some together. Raise Stopped."""
    chunk: list[Group] = []
    size = 0
    try:
        for _, entries in groupby(source.entries(), lambda entry: (entry.person, entry.by)):
            group = list(entries)
            chunk.append(group)
            size += len(group)
            if size >= CHUNK:
                yield chunk
                chunk, size = [], 0
    except Exception as error:
        outage = outage_of(error)
        if outage is None:
            raise
        raise Stopped(str(outage)) from error
    yield chunk
