from __future__ import annotations

from django.core.management.base import BaseCommand
from django.utils import timezone

from profiles.store.purge import purge_unreferenced_images


class Command(BaseCommand):
    help = "Erases removed pictures past their undo time, and stored pictures that nobody uses: rows and objects."

    def handle(self, *args: object, **options: object) -> None:
        erased = purge_unreferenced_images(timezone.now())
        self.stdout.write(f"{erased} stored pictures erased.")
