"""A row of any kind that workers work on, and the jobs that do: both read from what is declared.

Rows are made from their fields; only what a job asks of them besides stands in WORTH_WORK.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from nft.fields import AddressField, Uint256Field
from profiles import clock, jobs, leases
from profiles.fields import HexField
from profiles.jobs import Job, discover, get_jobs
from profiles.leases import Leased

discover()
KINDS = [model for model in apps.get_models() if issubclass(model, Leased)]
NOW = timezone.now()
CHAIN_ID = 31337
M = TypeVar("M", bound=models.Model)
VALUES: list[tuple[type[models.Field[Any, Any]], object]] = [
    (AddressField, b"\1" * 20),
    (Uint256Field, 1),
    (HexField, ""),
    (models.DateTimeField, NOW - timedelta(minutes=5)),
    (models.JSONField, {}),
    (models.BooleanField, False),
    (models.GenericIPAddressField, "192.0.2.1"),
    (models.BinaryField, b"\1"),
    (models.CharField, "1"),
    (models.TextField, "1"),
    (models.IntegerField, 1),
]
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
WORTH_WORK: dict[str, dict[str, object]] = {
    "nft.linkedaccount": {"is_public": True},
    "nft.mintrequest": {"state": "submitted", "tx_hash": "0x" + "ab" * 32},
    "nft.tokenclaim": {"asked_at": NOW},
    "nft.pinnedcopy": {"pinner": "ours", "reference": "1"},
    "nft.cachedobject": {"root_cid": CID, "uri": f"ipfs://{CID}"},
    "nft.heldtoken": {"standard": "erc721"},
    "profiles.block": {"kind": "sha256", "value": "ab" * 32},
    "profiles.dataexport": {"expires_at": NOW + timedelta(days=30)},
    "profiles.storeshard": {"folder": "masters", "prefix": "0"},
}


class NobodyExpectedThisError(Exception):
    """What the work on a row raises where a test lets it fail."""


def make(model: type[M], **given: object) -> M:
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
        self.now, self._capture = timezone.now(), capture  # modules may have been loaded long before
        self._sent: list[tuple[Job, tuple[object, ...]]] = []
        monkeypatch.setattr(jobs._Sending, "queue", lambda wanted, args, **_: self._sent.append((wanted, args)))
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


def find_starters(queue: Queue) -> dict[type[Leased], list[Job]]:
    """Return, for each kind of row that is due, the periodic jobs that lease it or have it leased."""
    found: dict[type[Leased], list[Job]] = defaultdict(list)
    for declared in get_jobs():
        if declared.every is None:
            continue
        leased: set[type[Leased]] = set()
        with pytest.MonkeyPatch.context() as patch:
            fail_after_the_lease(patch, leased.add)
            queue.run(declared)
        for kind in leased:
            found[kind].append(declared)
    return found
