"""The servers and processes of the site on the staff's start page: only what is in trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis import RedisError

from avatarsite.ops import heartbeats
from avatarsite.ops.health import BEAT_SECONDS
from avatarsite.ops.redis_client import get_redis
from avatarsite.queues import QUEUES
from profiles.desk import parts
from profiles.desk.parts import AttentionSource, Severity, Waiting

#: Jobs of one queue that wait for a worker, from which staff should look.
LONG_QUEUE = 500


def find_processes() -> Iterator[Waiting]:
    """Yield queues that nobody works on or that are long, and a beat that is silent. One answer of Redis each."""
    redis = get_redis()
    try:
        lengths = {queue: int(redis.llen(queue)) for queue in QUEUES}
        signs = heartbeats.read(redis)
    except (RedisError, OSError):
        said = _("It does not answer: no job is queued, and every page works without its cache.")
        yield Waiting("Redis", None, "", Severity.ALARM, said)
        return
    workers = Counter(each.subject for each in signs if each.part == heartbeats.WORKER and each.age < heartbeats.GONE)
    left = [queue for queue in QUEUES if not workers[queue]]
    if left:
        said = _("Nobody works on the queues %(queues)s. Start one, or read its log.") % {"queues": ", ".join(left)}
        yield Waiting(_("No worker"), None, "", Severity.ALARM, said)
    for queue, length in lengths.items():
        if length >= LONG_QUEUE and queue not in left:
            yield Waiting(_("jobs wait in the queue “%(queue)s”") % {"queue": queue}, length, "", Severity.NOTICE)
    if not any(each.part == heartbeats.BEAT and each.age < BEAT_SECONDS for each in signs):
        said = _("It queued nothing for a minute. Without it nothing is checked again.")
        yield Waiting(_("Scheduler (beat)"), None, "", Severity.ALARM, said)


def register() -> None:
    parts.register(attention=[AttentionSource("processes", gettext_lazy("Workers and queues"), find_processes)])
