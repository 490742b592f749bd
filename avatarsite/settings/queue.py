"""Celery: the broker and limits. Each job names its queue and its period where it is written (`profiles.jobs`)."""

from __future__ import annotations

from avatarsite.settings.stores import REDIS_URL

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True  # the database is the truth (V4); nobody waits for a result
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# In KiB. Libraries and freed memory that is kept (avatarsite/celery.py) take up to 200 MiB.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 250 * 1024
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float | str] = {
    "visibility_timeout": 600,
    "queue_order_strategy": "avatarsite.queue_order:InOrder",
    # Seconds for which a worker waits at Redis, and so for which it overlooks that a queue is below its limit again.
    "polling_interval": 0.1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
