from __future__ import annotations

import signal

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from profiles.job_runner import Runner


class Command(BaseCommand):
    help = (
        "Runs background jobs without Celery: periodic ones, and what is due in the database. Several may run beside "
        "each other. It ends after the job under way when it gets SIGTERM or SIGINT."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="Run each periodic job once and all that is due, then end; as for cron."
        )

    def handle(self, *args: object, once: bool, verbosity: int, **options: object) -> None:
        runner = Runner(self._say if verbosity else _keep_quiet)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: runner.stop())
        if not once:
            self._say("Jobs are run until SIGTERM.")
            runner.run_forever()
        elif failed := runner.run_once():
            raise CommandError(f"{failed} runs failed.")
        self._say("Ended.")

    def _say(self, text: str) -> None:
        self.stdout.write(f"{timezone.now():%H:%M:%S} {text}")
        self.stdout.flush()


def _keep_quiet(text: str) -> None:
    """Say nothing: failures are in the log."""
