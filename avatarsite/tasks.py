"""Periodic work of the apps that know no queue."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from profiles.pictures import notices, rights
from profiles.store.images import purge_unreferenced_images
from profiles.upkeep.janitor import clean_for_a_while
from users import loss_mail, sessions, sign_in_log


@shared_task(name="avatarsite.tasks.purge_pictures")
def purge_pictures() -> None:
    purge_unreferenced_images(timezone.now())


@shared_task(name="avatarsite.tasks.clean_pictures", soft_time_limit=280, time_limit=300)
def clean_pictures() -> None:
    clean_for_a_while(timezone.now(), seconds=200)


@shared_task(name="avatarsite.tasks.follow_losses")
def follow_losses() -> None:
    now = timezone.now()
    rights.settle_overdue(now)
    loss_mail.send_due(now)
    notices.forget_old(now)


@shared_task(name="avatarsite.tasks.forget_ended_sessions")
def forget_ended_sessions() -> None:
    sessions.forget_ended()


@shared_task(name="avatarsite.tasks.forget_old_sign_ins")
def forget_old_sign_ins() -> None:
    sign_in_log.forget_old(timezone.now())
