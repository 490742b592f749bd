"""Work on a row, done by one worker at a time: lease, attempt, retry, give up.

A worker takes a due row in one statement, by writing an attempt id and moving `due_at` to the end of the lease. It may
only write while that id still stands, so however often a job is delivered and whichever worker crashes, each attempt is
recorded at most once. A row whose lease ran out is due again; that crash is counted, and so is an error that nobody
expected. After `Policy.crashes` of them automatic attempts stop and the row waits for staff: no job is endless.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy

from profiles.errors import ExpectedError
from profiles.fields import SentenceField
from profiles.outages import Outage, outage_of, write_through_outage
from profiles.sentences import gettext, gettext_noop

log = logging.getLogger(__name__)

#: Statements that may find all their rows taken, one after the other.
SHARE_TRIES = 5
#: The query of an admin list that shows only what needs attention (profiles.admin_base.NeedsAttention).
NEEDS_ATTENTION = "?needs_attention=yes"
#: What people read where the work stopped.
OUR_FAULT = gettext_noop("Something went wrong on our side (%(what)s). Our team must look at it.")
#: The wait after a part of the site was found down: short, because it is no reason to try less often afterwards.
OUTAGE_DELAY = timedelta(minutes=1)
#: Counts of what needs attention end here.
BOUND = 10_000


@dataclass(frozen=True)
class Policy:
    """How attempts at the rows of one model begin, are repeated and end.

    lease: longer than any attempt lasts.
    tries: attempts that may end in an expected error; a permanent one ends the work at once. None where the work can't
    fail for good: errors that may pass are tried again without limit, and a permanent one counts as unexpected.
    crashes: attempts without success that may crash or end in an unexpected error.
    first_delay, longest_delay: the wait before another attempt, which doubles from the one to the other.
    stops: False for a job that continues after its crashes and is only listed.
    """

    lease: timedelta = timedelta(minutes=3)
    tries: int | None = None
    crashes: int = 3
    first_delay: timedelta = timedelta(seconds=10)
    longest_delay: timedelta = timedelta(hours=1)
    stops: bool = True

    def delay(self, attempts: int) -> timedelta:
        """Return the wait after so many attempts."""
        doublings = min(max(attempts - 1, 0), 20)
        return min(self.first_delay * (1 << doublings), self.longest_delay)


class Leased(models.Model):
    """A row that workers work on.

    Add `*Leased.Meta.indexes` to the indexes of a model with a `Meta` of its own.
    """

    policy: ClassVar[Policy] = Policy()
    #: The column that says whose a row is, as `lease_shares` takes it. Each row is its own person's where none does.
    person: ClassVar[str] = "pk"

    due_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "When a worker must go on: while one is at work, the end of its lease. Empty: nothing to do."
        ),
    )
    attempt = models.UUIDField(
        null=True, blank=True, editable=False, help_text=gettext_lazy("The attempt that holds the row now.")
    )
    tries = models.PositiveIntegerField(default=0, help_text=gettext_lazy("Attempts since the last success."))
    crashes = models.PositiveIntegerField(
        default=0,
        help_text=gettext_lazy("Attempts since the last success that crashed or met an error nobody expected."),
    )
    queued_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=gettext_lazy("When it was last queued, or will be.")
    )
    last_error = SentenceField(blank=True, help_text=gettext_lazy("Why the last attempt did not succeed."))
    gave_up_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When automatic attempts stopped: it waits for staff.")
    )

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="%(class)s_due"),
            models.Index(fields=["gave_up_at"], condition=Q(gave_up_at__isnull=False), name="%(class)s_gave_up"),
        ]

    @classmethod
    def get_attention(cls) -> Attention:
        """Return how many rows of this model wait for staff, and where staff find them."""
        return cls.describe_attention(count_given_up([cls])[0])

    @classmethod
    def describe_attention(cls, count: int) -> Attention:
        try:
            url = reverse(f"admin:{cls._meta.app_label}_{cls._meta.model_name}_changelist") + NEEDS_ATTENTION
        except NoReverseMatch:
            url = ""
        return Attention(cls._meta.label_lower, str(cls._meta.verbose_name_plural), count, url)

    def columns_on_give_up(self, sentence: str, now: datetime) -> dict[str, object]:
        """Return what else to write when the row is given up. Override where a state must follow."""
        del sentence, now
        return {}

    def keep(self, **columns: object) -> bool:
        """Write columns, unless another attempt or a person has taken the row over. Return whether it was written."""
        mine: QuerySet[Leased] = QuerySet(type(self)).filter(pk=self.pk, attempt=self.attempt)
        if self.attempt is None or not mine.update(**columns):
            return False
        for name, value in columns.items():
            setattr(self, name, value)
        return True

    def release(self, due_at: datetime | None = None, **columns: object) -> bool:
        """End the attempt with success. `due_at`: when there is more to do."""
        return self.keep(**(fresh(due_at) | columns))

    def postpone(self, now: datetime, delay: timedelta, **columns: object) -> bool:
        """End the attempt as if it had not begun: nothing was tried, so it counts as no try."""
        return self.keep(**({"attempt": None, "tries": max(self.tries - 1, 0), "due_at": now + delay} | columns))

    def retry(self, error: Exception | str, now: datetime, delay: timedelta | None = None, **columns: object) -> bool:
        """End the attempt with an expected error and try again after `delay`, by default the policy's."""
        due_at = now + (self.policy.delay(self.tries) if delay is None else delay)
        return self.keep(**({"attempt": None, "due_at": due_at, "last_error": _sentence_of(error)} | columns))

    def fail(self, error: Exception | str, **columns: object) -> bool:
        """End the work for good with an expected error, which the row's person reads. Staff need not look."""
        return self.keep(**({"attempt": None, "due_at": None, "last_error": _sentence_of(error)} | columns))

    def give_up(self, error: Exception | str, now: datetime) -> bool:
        """Stop automatic attempts: the row waits for staff, or continues and is listed if the policy never stops."""
        sentence = _sentence_of(error)
        due_at = None if self.policy.stops else now + self.policy.lease
        log.error("%s %s needs attention: %s", self._meta.label, self.pk, sentence)
        columns = {
            "attempt": None,
            "due_at": due_at,
            "crashes": self.crashes,
            "gave_up_at": now,
            "last_error": sentence,
        }
        return self.keep(**(columns | self.columns_on_give_up(sentence, now)))

    def attempting(self, now: datetime) -> Attempting:
        """Return a context that records how the attempt ends if its block raises. See `Attempting`."""
        return Attempting(self, now)

    def record_error(self, error: ExpectedError, now: datetime) -> None:
        """Retry after an expected error, or fail. Override where the row's state or its wait depends on it."""
        if self.policy.tries is not None and (error.permanent or self.tries >= self.policy.tries):
            self.fail(error)
        else:
            self.retry(error, now)


class Attempting:
    """A context that suppresses what a block of work raises, and records it.

    Outage: the row is tried again, as if the attempt had not begun. Other ExpectedError: the row is tried again or
    fails for good, by its policy. Any other Exception is logged with its traceback and counted as a crash. If the
    database is down, the record is written once it is back, at the latest when the lease ends.
    """

    def __init__(self, row: Leased, now: datetime) -> None:
        self.row, self.now = row, now

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        record = self._choose_record(error)
        write_through_outage(record, self.row.policy.lease.total_seconds())
        return True

    def _choose_record(self, error: Exception) -> Callable[[], object]:
        """Log the error, and return what writes it to the row."""
        row, outage = self.row, outage_of(error)
        can_fail = row.policy.tries is not None
        if outage is not None and not outage.permanent:
            log.error("An attempt at %s %s must wait: %s", type(row).__name__, row.pk, outage)
            return partial(self._record_outage, outage)
        if isinstance(error, ExpectedError) and (can_fail or not error.permanent):
            return partial(row.record_error, error, self.now)
        row.crashes += 1
        log.error("An attempt at %s %s failed", type(row).__name__, row.pk, exc_info=error)
        return partial(self._record_unexpected, error)

    def _record_outage(self, outage: Outage) -> bool:
        return self.row.postpone(
            self.now, OUTAGE_DELAY, last_error=gettext("%(reason)s We try again.", reason=outage.reason)
        )

    def _record_unexpected(self, error: Exception) -> None:
        row = self.row
        if row.crashes >= row.policy.crashes:
            row.give_up(gettext(OUR_FAULT, what=type(error).__name__), self.now)
        else:
            # Longer than after an expected error: a cache or a store that restarts must not use up all attempts.
            delay = row.policy.lease * (4 ** (row.crashes - 1) if row.policy.stops else 1)
            sentence = gettext("Something went wrong on our side (%(what)s). We try again.", what=type(error).__name__)
            row.retry(sentence, self.now, delay, crashes=row.crashes)


Row = TypeVar("Row", bound=Leased)


def _sentence_of(error: Exception | str) -> str:
    """Return why an attempt failed. Of an outage it is the detail, which is for staff."""
    if isinstance(error, str):
        return error
    return error.sentence if isinstance(error, ExpectedError) and not isinstance(error, Outage) else str(error)


def fresh(due_at: datetime | None) -> dict[str, object]:
    """Return the columns of a row without any attempt, due at `due_at`."""
    return {
        "due_at": due_at,
        "attempt": None,
        "tries": 0,
        "crashes": 0,
        "queued_at": None,
        "last_error": "",
        "gave_up_at": None,
    }


def due(rows: QuerySet[Row], now: datetime) -> QuerySet[Row]:
    """Return the rows that a worker must work on, the longest due first."""
    return rows.filter(due_at__lte=now).order_by("due_at", "pk")


def lease_row(rows: QuerySet[Row], now: datetime) -> Row | None:
    """Lease the one row of `rows`. Return None if it isn't due, another worker holds it, or it was given up.

    `rows` is filtered by columns of its own: in a join PostgreSQL would let two workers lease one row. A lease that
    ends too far in the future was taken by a clock that has been set back since, and counts as over.
    """
    assert sum(map(bool, rows.query.alias_refcount.values())) <= 1, "no joins"  # noqa: S101  # a programming error
    lease = rows.model.policy.lease
    is_due = Q(due_at__lte=now) | Q(attempt__isnull=False, due_at__gt=now + 2 * lease)
    attempt = uuid.uuid4()
    with _given_back(rows.model, attempt, now):
        if not rows.filter(is_due).update(**_taking(rows.model, attempt, now)):
            return None
        row = rows.filter(attempt=attempt).first()
    return None if row is None or _give_up_if_crashed(row, now) else row


def lease_rows(rows: QuerySet[Row], now: datetime, size: int) -> list[Row]:
    """Lease up to `size` due rows of `rows` in its order, skipping those that another worker takes at this moment.

    Rows that were leased together by a worker that crashed are leased in halves and apart from others, as one of them
    may have crashed it. Only one that is leased alone again counts the crash as its own.
    """
    attempt = uuid.uuid4()
    with _given_back(rows.model, attempt, now), transaction.atomic():
        free = rows.filter(due_at__lte=now).select_for_update(of=("self",), skip_locked=True)
        taken, is_suspect = _choose_page(list(free[:size]))
        columns = _taking(rows.model, attempt, now)
        if not is_suspect:
            del columns["crashes"]
        if taken:
            QuerySet(rows.model).filter(pk__in=[row.pk for row in taken]).update(**columns)
    for row in taken:
        row.attempt, row.due_at, row.tries = attempt, now + row.policy.lease, row.tries + 1
        row.crashes += is_suspect
    return [row for row in taken if not _give_up_if_crashed(row, now)]


def _choose_page(found: list[Row]) -> tuple[list[Row], bool]:
    """Return the rows to lease together, and whether it is one that crashed its worker alone, or may have."""
    untouched = [row for row in found if row.attempt is None]
    if untouched or not found:
        return untouched, False
    crashed = [row for row in found if row.attempt == found[0].attempt]
    return crashed[: (len(crashed) + 1) // 2], len(crashed) == 1


def lease_shares(rows: QuerySet[Row], now: datetime, size: int, by: str) -> list[Row]:
    """Like `lease_rows`, in fair shares: the first due row of everybody comes before the second of anybody.

    They are returned in this order, too.

    by: the column that says whose a row is.
    """
    leased: list[Row] = []
    for _ in range(SHARE_TRIES):  # again if another worker took the same rows between the two statements
        keys = get_shares(rows.filter(due_at__lte=now), size, by)
        leased = lease_rows(rows.filter(pk__in=keys), now, size) if keys else []
        if leased or not keys:
            turn = {key: place for place, key in enumerate(keys)}
            return sorted(leased, key=lambda row: turn[row.pk])
    return leased


def get_shares(rows: QuerySet[Row], size: int, by: str) -> list[object]:
    """Return the primary keys of up to `size` rows in fair shares, as in `lease_shares`."""
    turn = Window(RowNumber(), partition_by=[F(by)], order_by=[F("due_at").asc(), F("pk").asc()])
    return list(rows.annotate(turn=turn).order_by("turn", "due_at", "pk").values_list("pk", flat=True)[:size])


@contextmanager
def _given_back(model: type[Leased], attempt: uuid.UUID, now: datetime) -> Iterator[None]:
    """Give leases back that the database may have written before it went down: they are no crashes."""
    try:
        yield
    except DatabaseError as error:
        if outage_of(error) is None or transaction.get_connection().in_atomic_block:
            raise
        held: QuerySet[Leased] = QuerySet(model).filter(attempt=attempt)
        columns = {"attempt": None, "due_at": now, "tries": F("tries") - 1}
        write_through_outage(lambda: held.update(**columns), model.policy.lease.total_seconds())
        raise


def _taking(model: type[Leased], attempt: uuid.UUID, now: datetime) -> dict[str, object]:
    """Return the columns of a new lease. Each attempt ends by removing its id: a remaining one has crashed."""
    return {
        "attempt": attempt,
        "due_at": now + model.policy.lease,
        "tries": F("tries") + 1,
        "crashes": Case(
            When(attempt__isnull=False, then=F("crashes") + 1), default=F("crashes"), output_field=models.IntegerField()
        ),
        "queued_at": Value(None),
    }


def _give_up_if_crashed(row: Leased, now: datetime) -> bool:
    if row.crashes < row.policy.crashes:
        return False
    sentence = gettext(OUR_FAULT, what=gettext("a worker crashed"))
    if row.policy.stops:
        row.give_up(sentence, now)
    else:
        row.keep(gave_up_at=now, last_error=sentence)
    return row.policy.stops


@dataclass(frozen=True)
class Attention:
    """Rows of one model that wait for staff. `count` ends at BOUND, and `url` is empty for a model without admin."""

    kind: str
    name: str
    count: int
    url: str


def get_attention(bound: int = BOUND) -> list[Attention]:
    """Return how many rows wait for staff, for each model that workers work on: also where there are none."""
    kinds = [model for model in apps.get_models() if issubclass(model, Leased)]
    counts = count_given_up(kinds, bound)
    return [kind.describe_attention(count) for kind, count in zip(kinds, counts, strict=True)]


def count_given_up(kinds: Sequence[type[Leased]], bound: int = BOUND) -> list[int]:
    """Return how many rows of each model wait for staff. One statement, which reads `bound` entries of each index."""
    counts, values = list[str](), list[Any]()
    for number, kind in enumerate(kinds):
        waiting: QuerySet[Any, Any] = (
            QuerySet(kind).filter(gave_up_at__isnull=False).order_by().values("gave_up_at")[:bound]
        )
        sql, given = waiting.query.sql_with_params()
        counts.append(f"SELECT {number}, COUNT(*) FROM ({sql}) AS waiting")  # noqa: S608 - of our own queries
        values += given
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts), values)
        return [count for _, count in sorted(cursor.fetchall())]
