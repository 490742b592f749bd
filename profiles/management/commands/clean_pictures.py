from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from profiles.images.errors import PictureError
from profiles.store.errors import StorageError
from profiles.upkeep.janitor import Cleaning, clean_pictures, log_counts, summary


class Command(BaseCommand):
    help = (
        "Deletes objects that no row names and unfinished uploads, and draws missing sizes anew. Says what it did; "
        "pictures that can't be made again are withdrawn or reported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done.")
        parser.add_argument("--force", action="store_true", help="Also where most of what is found has no counterpart.")

    def handle(self, *args: object, dry_run: bool, force: bool, **options: object) -> None:
        cleaning = Cleaning(timezone.now(), dry_run=dry_run, force=force, say=self.stdout.write)
        try:
            clean_pictures(cleaning)
        except (StorageError, PictureError) as error:
            raise CommandError(f"Stopped: {error} Until then: {summary(cleaning.counts)}.") from error
        finally:
            if not dry_run:
                log_counts(cleaning.counts)
        self.stdout.write(f"{'Would do' if dry_run else 'Done'}: {summary(cleaning.counts)}.")
