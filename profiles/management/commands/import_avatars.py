"""Import people's pictures from elsewhere: `manage.py import_avatars --from folder PICTURES --dry-run`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from contextlib import closing
from dataclasses import fields
from math import ceil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from profiles.decoding import Decoder, DecoderSettings, get_decoder
from profiles.imports.entries import FINE, By, PictureSource, SourceOptions, Stopped
from profiles.imports.journal import Journal, JournalError
from profiles.imports.one_person import Rules
from profiles.imports.outage_waits import Patience
from profiles.imports.reports import Progress, summary, write_report
from profiles.imports.run import WHOLE, Part, Run
from profiles.imports.sources import BUILT_IN, build_source

#: Exit codes: some entries need attention; stopped, the same command goes on later.
ATTENTION, STOPPED = 1, 3


class Command(BaseCommand):
    help = (
        "Imports people's pictures from django-avatar, an image field, Gravatar, Libravatar, a folder or a CSV file, "
        "by the checks of uploads. Who has a picture here keeps it. A run that was stopped or killed goes on when the "
        "same command is run again. Ends with exit code 0, 1 if entries need attention, 2 if it can't be done so, and "
        "3 if it was stopped because something is down."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        sources = ", ".join(BUILT_IN)
        parser.add_argument("--from", dest="source", required=True, metavar="SOURCE", help=f"{sources}, a dotted path")
        parser.add_argument("argument", nargs="?", default="", help="of the source: folder, file or app.Model.field")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument("--history", action="store_true", help="import earlier pictures, too, as the history")
        parser.add_argument("--replace", action="store_true", help="also for people who chose a picture here")
        parser.add_argument("--retry-failed", action="store_true", help="try again what failed in earlier runs")
        parser.add_argument("--workers", type=_at_least_one, default=2, metavar="N", help="threads and decoders (2)")
        parser.add_argument("--part", type=_part, default=WHOLE, metavar="K/N", help="of N processes, the K-th (1/1)")
        parser.add_argument("--journal", type=Path, help="file of what was done (./import_avatars-SOURCE.journal)")
        parser.add_argument("--report", type=Path, help="write every entry and its outcome to this .csv or .jsonl")
        parser.add_argument("--patience", type=float, default=300.0, help="seconds to wait for what is down (300)")
        _add_source_arguments(parser)

    def handle(self, *_: object, **options: Any) -> None:
        given = {each.name: options[each.name] for each in fields(SourceOptions)} | {"by": tuple(options["by"] or ())}
        try:
            source = build_source(options["source"], SourceOptions(**given))
            total = source.count()
        except CommandError as error:
            raise CommandError(str(error), returncode=2) from error
        with closing(_open_journal(source, options)) as journal:
            stopped = self._run(source, journal, total, options)
            counts = journal.counts()
            self.stdout.write(summary(counts))
            _write_report(options["report"], journal)
        if stopped:
            self.stderr.write(f"Stopped: {stopped} Run the same command again to go on.")
            sys.exit(STOPPED)
        if not FINE.issuperset(counts):
            sys.exit(ATTENTION)

    def _run(self, source: PictureSource, journal: Journal, total: int | None, options: dict[str, Any]) -> str:
        """Import, and return why it stopped before the end; "" if it did not."""
        workers = options["workers"]
        decoder = get_decoder() if workers <= DecoderSettings.processes else _larger_decoder(workers)
        rules = Rules(
            source.name,
            decoder,
            Patience(options["patience"], decoder),
            options["replace"],
            options["history"],
            options["dry_run"],
        )
        part: Part = options["part"]
        progress = Progress(self.stderr, None if total is None else ceil(total / part.count))
        try:
            Run(source, journal, rules, progress, workers, options["retry_failed"], part).go()
        except Stopped as error:
            return str(error)
        except KeyboardInterrupt:
            return "It was interrupted."
        finally:
            progress.end()
            if decoder is not get_decoder():
                decoder.close()
        return ""


def _add_source_arguments(parser: ArgumentParser) -> None:
    ways = [way.value for way in By]
    group = parser.add_argument_group("sources")
    group.add_argument("--by", action="append", choices=ways, help="folder, csv: what names people; may be repeated")
    group.add_argument("--folder", default="", help="django-avatar: where its files are; csv: where paths begin")
    group.add_argument("--storage", default="", help="django-avatar: the entry of STORAGES that has its files")
    group.add_argument("--table", default="", help="django-avatar: its table, where the app is not installed")
    group.add_argument("--user-field", default="", help="field: the foreign key that leads to the user")
    group.add_argument("--delimiter", default="", help="csv: instead of what the first line has most of")
    group.add_argument("--encoding", default="", help="csv: if the file has no byte order mark and is not UTF-8")
    group.add_argument("--consent", default="", help="gravatar, libravatar: found-by-email, everybody, a dotted path")
    group.add_argument("--base-url", default="", help="gravatar, libravatar: another host, up to the hash")
    group.add_argument("--pause", type=float, default=1.0, help="seconds between two requests to a host (1)")


def _at_least_one(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count


def _part(text: str) -> Part:
    number, count = map(int, text.split("/"))
    if not 1 <= number <= count:
        raise ValueError(text)
    return Part(number, count)


def _larger_decoder(processes: int) -> Decoder:
    return Decoder(DecoderSettings(processes=processes))


def _open_journal(source: PictureSource, options: dict[str, Any]) -> Journal:
    part: Part = options["part"]
    of = "" if part == WHOLE else f" {part.number} of {part.count}"
    named = options["journal"] or Path(f"import_avatars-{source.name}{of}.journal".replace(" ", "-"))
    try:
        return Journal(None if options["dry_run"] else named, f"{source.name} {options['argument']}{of}".strip())
    except JournalError as error:
        raise CommandError(str(error), returncode=2) from error


def _write_report(path: Path | None, journal: Journal) -> None:
    if path is None:
        return
    try:
        write_report(path, journal.results())
    except OSError as error:
        raise CommandError(f"The report {path} can't be written: {error.strerror}. The journal has it all.") from error
