"""No job of any kind is endless: a row whose work fails as nobody expected ends, with a reason, and waits for staff.

The kinds are read from the models and the declared jobs, so a new one is tested without being listed. Rows are made
from their fields; only what a job asks of them besides stands in WORTH_WORK.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from nft.fields import AddressField, Uint256Field
from profiles import clock, jobs, leases
from profiles.fields import HexField
from profiles.jobs import Job, discover, get_jobs
from profiles.leases import Attempting, Leased, fresh, get_attention
from tests.kit.wallets import NOBODY, chains_at

pytestmark = pytest.mark.django_db
discover()
KINDS = [model for model in apps.get_models() if issubclass(model, Leased)]
NOW = timezone.now()
CHAIN_ID = 31337
STEPS = 40
"""More than any kind needs: the lease of three crashes, doubled waits, and pages that are taken in halves."""
VALUES: list[tuple[type[models.Field[Any, Any]], object]] = [
    (AddressField, b"\1" * 20),
    (Uint256Field, 1),
    (HexField, ""),
    (models.DateTimeField, NOW - timedelta(minutes=5)),
    (models.JSONField, {}),
    (models.BinaryField, b"\1"),
    (models.CharField, "1"),
    (models.TextField, "1"),
    (models.IntegerField, 1),
]
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
WORTH_WORK: dict[str, dict[str, object]] = {
    "nft.linkedaccount": {"is_public": True},
    "nft.mintrequest": {"state": "storing"},
    "nft.tokenclaim": {"asked_at": NOW},
    "nft.pinnedcopy": {"pinner": "ours"},
    "nft.cachedobject": {"root_cid": CID, "uri": f"ipfs://{CID}"},
    "nft.heldtoken": {"standard": "erc721"},
    "profiles.storeshard": {"folder": "masters", "prefix": "0"},
}


class NobodyExpectedThisError(Exception):
    """What the work on a row raises here."""


def make(model: type[models.Model], **given: object) -> models.Model:
    """Return a new row, with a value for each column that must have one."""
    label = model._meta.label_lower
    known = {**WORTH_WORK.get(label, {}), **given}
    columns = {field.name: _value_of(field) for field in model._meta.concrete_fields if _is_needed(field, known)}
    return model._base_manager.create(**columns, **known)


def _is_needed(field: models.Field[Any, Any], known: dict[str, object]) -> bool:
    if field.name in known or field.has_default() or isinstance(field, models.AutoField):
        return False
    return isinstance(field, models.ForeignKey) or not (field.null or field.blank)


def _value_of(field: models.Field[Any, Any]) -> object:
    if isinstance(field, models.ForeignKey):
        return _related(field)
    if field.name == "chain_id":
        return CHAIN_ID
    if field.choices:
        return next(iter(field.choices))[0]
    value = next(value for kind, value in VALUES if isinstance(field, kind))
    return "ab" * (field.max_length or 0) if isinstance(field, HexField) else value


def _related(field: models.ForeignKey[Any, Any]) -> models.Model | None:
    if field.related_model is User:
        return User.objects.get_or_create(username="alice")[0]
    if field.null and field.related_model._meta.label_lower != "nft.linkedaccount":
        return None
    existing = field.related_model._base_manager.first()
    return existing or make(field.related_model)


class Queue:
    """Celery's place: runs what jobs send, at the time of the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capture: Any) -> None:
        self.now, self._capture = NOW, capture
        self._sent: list[tuple[Job, tuple[object, ...]]] = []
        monkeypatch.setattr(jobs, "_send", lambda wanted, args, **_: self._sent.append((wanted, args)))
        monkeypatch.setattr(jobs, "_set_waiting", lambda *_: True)  # it counts seconds of the real clock
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def run(self, periodic: Job) -> None:
        """Run a periodic job, and all that it and what it started sent to the queue."""
        arguments = [(first,) for first in periodic.each()] if periodic.each else [()]
        self._sent += [(periodic, first) for first in arguments]
        for _ in range(50):
            if not self._sent:
                return
            self._run(*self._sent.pop(0))
        self._sent.clear()

    def _run(self, wanted: Job, args: tuple[object, ...]) -> None:
        with self._capture(execute=True):
            try:
                wanted.run(*args)
            except NobodyExpectedThisError:
                return


@pytest.fixture
def queue(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, settings: Any, redis_server: object
) -> Queue:
    registry = {"ens_registry": "0x" + "01" * 20}
    settings.NFT_CHAINS = {key: {**chain, **registry} for key, chain in chains_at(NOBODY).items()}
    settings.NFT_PINNERS = [{"name": "ours", "kind": "kubo", "url": NOBODY, "token": ""}]
    settings.NFT_CHAIN_REQUESTS_PER_MINUTE = 100_000
    return Queue(monkeypatch, django_capture_on_commit_callbacks)


def fail_after_the_lease(
    monkeypatch: pytest.MonkeyPatch, taken: Callable[[type[Leased]], object] = lambda _: None
) -> None:
    """Let a run end with an error between its lease and its attempt, as in work on many rows together."""
    for name in ("lease_row", "lease_rows"):
        original = getattr(leases, name)

        def lease(rows: Any, *args: Any, _original: Any = original) -> Any:
            found = _original(rows, *args)
            if not found:
                return found
            taken(rows.model)
            raise NobodyExpectedThisError

        for module in list(sys.modules.values()):
            if vars(module).get(name) is original:
                monkeypatch.setattr(module, name, lease)


def fail_in_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first line of the work on a row fail."""

    def enter(attempt: Attempting) -> None:
        _fail_at_next_line(sys._getframe(1))

    monkeypatch.setattr(Attempting, "__enter__", enter)


def _fail_at_next_line(frame: FrameType) -> None:
    def fail(frame: FrameType, event: str, arg: object) -> None:
        sys.settrace(before)
        raise NobodyExpectedThisError

    before = sys.gettrace()
    frame.f_trace = fail
    sys.settrace(lambda *_: None)


def periodic() -> Iterator[Job]:
    return (declared for declared in get_jobs() if declared.every is not None)


@pytest.fixture
def starters(queue: Queue) -> dict[type[Leased], list[Job]]:
    """Return, for each kind of row, the periodic jobs that lease it or have it leased."""
    found: dict[type[Leased], list[Job]] = defaultdict(list)
    for declared in periodic():
        with pytest.MonkeyPatch.context() as patch:
            leased: set[type[Leased]] = set()
            fail_after_the_lease(patch, leased.add)
            queue.run(declared)
        for kind in leased:
            found[kind].append(declared)
    return found


@pytest.fixture(autouse=True)
def row(request: pytest.FixtureRequest) -> models.Model | None:
    kind = getattr(request, "param", None)
    return make(kind, **fresh(NOW - timedelta(minutes=4))) if kind else None


def work_until_it_ends(row: Leased, queue: Queue, starters: list[Job]) -> None:
    """Run the row's jobs whenever it is due."""
    for _ in range(STEPS):
        row.refresh_from_db()
        if row.gave_up_at is not None:
            return
        assert row.due_at is not None, f"it ended without waiting for staff: {row.last_error!r}"
        queue.now = max(queue.now, row.due_at) + timedelta(seconds=1)
        for starter in starters:
            queue.run(starter)
    raise AssertionError(f"{row!r} is still tried after {STEPS} runs: {row.last_error!r}, {row.crashes} crashes")


def waiting(kind: type[Leased]) -> int:
    return next(each.count for each in get_attention() if each.kind == kind._meta.label_lower)


@pytest.mark.parametrize("row", KINDS, indirect=True, ids=lambda kind: kind._meta.label_lower)
def test_a_row_whose_work_fails_unexpectedly_ends_and_waits_for_staff(
    row: Leased, queue: Queue, starters: dict[type[Leased], list[Job]]
) -> None:
    kind = type(row)
    assert starters[kind], f"no periodic job leads to the work on {kind._meta.label}"
    for fail in (fail_in_the_attempt, fail_after_the_lease):
        kind._base_manager.filter(pk=row.pk).update(**fresh(queue.now))
        with pytest.MonkeyPatch.context() as patch:
            fail(patch)
            work_until_it_ends(row, queue, starters[kind])
        assert "Our team must look at it" in row.last_error
        assert waiting(kind) >= 1
        assert (row.due_at is None) == kind.policy.stops
