"""`/metrics`: the site's metrics in the text format of Prometheus, for the networks of METRICS_ALLOWED.

They hold nothing about a person, but backlogs and outages are not for the public. All of them are of the whole site, so
one web process is enough to read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import RedisError

from avatarsite.ops import heartbeats
from avatarsite.ops.connections import read_connections
from avatarsite.ops.counters import BOUNDS, Distribution, Total, counters
from avatarsite.ops.counters import read as read_counters
from avatarsite.ops.health import ready_parts
from avatarsite.ops.redis_client import get_redis
from avatarsite.queues import QUEUES
from profiles import clock
from profiles.addresses import parse_address
from profiles.leases import get_attention

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

Families = dict[str, "GaugeMetricFamily"]


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics, or 404 outside the allowed networks."""
    # Loaded at the first reading: most web processes of a site are never asked.
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    if not _is_allowed(request):
        raise Http404
    return HttpResponse(generate_latest(_Site()), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_allowed(request: HttpRequest) -> bool:
    address = parse_address(_client_of(request))
    return address is not None and any(address in network for network in settings.METRICS_ALLOWED)


def _client_of(request: HttpRequest) -> str:
    """Return the address that our outermost proxy saw, or the peer's if there is no proxy.

    Return "" behind a proxy that TRUSTED_PROXY_COUNT does not count: its own address, often loopback, must not let in
    everybody behind it.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    if not forwarded:
        return str(request.META.get("REMOTE_ADDR", ""))
    hops = forwarded.split(",")
    return hops[-settings.TRUSTED_PROXY_COUNT].strip() if 0 < settings.TRUSTED_PROXY_COUNT <= len(hops) else ""


class _Site:
    """A collector, in the sense of prometheus_client."""

    def collect(self) -> Iterator[Metric]:
        families: Families = {}
        parts = ready_parts("web")
        for part, is_ready in parts.items():
            _add(families, "part_ready", "1 where a part that the site needs answers.", is_ready, {"part": part})
        _add_redis(families)
        if parts["database"]:  # else each query would wait
            _add_clock(families)
            _add_attention(families)
            _add_scan(families)
            _add_reports(families)
            _add_connections(families)
        if parts["database"] and apps.is_installed("nft"):
            _add_chains(families)
        yield from families.values()
        yield from _counted()


def _add_redis(families: Families) -> None:
    says = "Jobs that no worker has taken yet."
    redis = get_redis()
    try:
        for queue in QUEUES:
            _add(families, "queue_length", says, int(redis.llen(queue)), {"queue": queue})
        _add_heartbeats(families, heartbeats.read(redis))
    except (RedisError, OSError):
        return  # part_ready says so


def _add_clock(families: Families) -> None:
    says = "Seconds by which the database's clock is ahead of this process's."
    try:
        _add(families, "clock_skew_seconds", says, clock.measure_skew(), {})
    except DatabaseError:
        return


def _add_heartbeats(families: Families, signs: list[heartbeats.Heartbeat]) -> None:
    """Add how many workers take each queue, and the ages of the others' signs."""
    alive = Counter(sign.subject for sign in signs if sign.part == heartbeats.WORKER and sign.age < heartbeats.GONE)
    for queue in QUEUES:
        _add(families, "workers", "Workers that take jobs of the queue.", alive[queue], {"queue": queue})
    for sign in signs:
        if sign.part == heartbeats.BEAT:
            _add(families, "beat_age_seconds", "Seconds since beat last queued a job.", sign.age, {})
        if sign.part == heartbeats.LISTENER:
            says = "Seconds since the listener last announced a block."
            _add(families, "listener_age_seconds", says, sign.age, {"chain": sign.subject})


def _counted() -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
    """Yield what all processes counted, as far as they have flushed it."""
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    counters.flush()
    totals: dict[str, CounterMetricFamily] = {}
    distributions: dict[str, HistogramMetricFamily] = {}
    try:
        counted = list(read_counters(get_redis()))
    except (RedisError, OSError):
        return
    for each in counted:
        name, says, labels = f"avatarsite_{each.metric.name}", each.metric.help, each.metric.labels
        match each:
            case Total():
                total = totals.setdefault(name, CounterMetricFamily(name, says, labels=labels))
                total.add_metric(each.labels, each.value)
            case Distribution():
                family = distributions.setdefault(name, HistogramMetricFamily(name, says, labels=labels))
                bounds = [*map(str, BOUNDS), "+Inf"]
                buckets = list(zip(bounds, map(float, each.cumulative), strict=True))
                family.add_metric(each.labels, buckets, each.seconds)
    yield from totals.values()
    yield from distributions.values()


def _add_attention(families: Families) -> None:
    says = "Rows whose automatic attempts stopped and that wait for staff."
    try:
        for found in get_attention():
            _add(families, "needs_attention", says, found.count, {"kind": found.kind})
    except DatabaseError:
        return


def _add_scan(families: Families) -> None:
    from profiles.upkeep.scan import get_scan_age

    try:
        age = get_scan_age(timezone.now())
    except DatabaseError:
        return
    if age is not None:
        _add(families, "store_scan_age_seconds", "Time since the whole object store was last walked through.", age, {})


def _add_reports(families: Families) -> None:
    from profiles.reports.inbox import read_backlog

    try:
        backlog = read_backlog()
    except DatabaseError:
        return
    says = "Reports and appeals that wait for a decision."
    _add(families, "reports_waiting", says, backlog.open, {"kind": "report"})
    _add(families, "reports_waiting", says, backlog.appealed, {"kind": "appeal"})
    oldest = backlog.oldest_at
    age = 0.0 if oldest is None else (timezone.now() - oldest).total_seconds()
    _add(families, "reports_oldest_seconds", "How long the oldest report or appeal has waited.", age, {})


def _add_connections(families: Families) -> None:
    try:
        found = read_connections()
    except DatabaseError:
        return
    if found is not None:
        _add(families, "database_connections", "Connections to PostgreSQL, of everybody.", found.used, {})
        _add(families, "database_connections_allowed", "Connections that the site may get.", found.for_us, {})


def _add_chains(families: Families) -> None:
    from nft.watching.gauges import get_gauges

    try:
        for gauge in get_gauges(timezone.now()):
            _add(families, gauge.name, gauge.help, gauge.value, gauge.labels)
    except DatabaseError:
        return


def _add(families: Families, name: str, says: str, value: float, labels: dict[str, str]) -> None:
    from prometheus_client.core import GaugeMetricFamily

    family = families.setdefault(name, GaugeMetricFamily(f"avatarsite_{name}", says, labels=list(labels)))
    family.add_metric(list(labels.values()), value)
