"""Periodic work of the apps that know no queue."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from profiles.services.images import purge_unreferenced_images


@shared_task(name="avatarsite.tasks.purge_pictures")
def purge_pictures() -> None:
    purge_unreferenced_images(timezone.now())
