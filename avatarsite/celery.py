import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

from avatarsite.memory import keep_freed_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
app = Celery("avatarsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _set_up_memory(**_: Any) -> None:
    keep_freed_memory()  # before it forks: the children inherit it
