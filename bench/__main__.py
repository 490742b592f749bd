"""`make bench`: run every topic and write bench/RESULTS.md. With names of topics: run only those and write nothing."""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
import traceback
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.lanes import HERE, BenchError, Workspace, check_platform
from bench.report import RunReport, TopicReport, print_section
from localstack.binaries import ProgramMissingError
from localstack.processes import PartFailedError

TOPICS = (
    *("upload", "avatar_get", "pages", "growth", "sign_in", "ipfs", "media", "chain", "story"),
    *("mints", "processes", "flows", "load"),
)
# These messages are sentences for the person who runs the bench. Of any other error the stack trace is printed.
_EXPLAINED = (BenchError, ProgramMissingError, PartFailedError)
# What pytest.fail raises in tests/servers where a server is not installed. It is no Exception.
_FAILED_SERVER = pytest.fail.Exception


def main() -> int:
    options = _read_options()
    try:
        check_platform()
    except BenchError as error:
        print(f"The bench can't run here: {error}", file=sys.stderr)
        return 1
    topics = options.topics or TOPICS
    run = RunReport(HERE / "RESULTS.md", _command(options), list(topics))
    reports = []
    for topic in topics:
        reports.append(_measure(topic, options))
        if not options.topics:
            run.add(reports[-1])
            print(f"{topic}: written to bench/RESULTS.md.", flush=True)
    failed = [each.topic for each in reports if each.failure]
    if failed:
        print(f"Failed topics: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("topics", nargs="*", choices=[[], *TOPICS], metavar="topic", help=" ".join(TOPICS))
    parser.add_argument("--profiles", type=int, default=1000, help="number of people on the site (1000)")
    parser.add_argument("--haste", type=float, default=1.0, help="0.1: a tenth of the time, to try things out")
    return parser.parse_args()


def _command(options: argparse.Namespace) -> str:
    return f"python -m bench --haste {options.haste:g} --profiles {options.profiles}"


def _measure(topic: str, options: argparse.Namespace) -> TopicReport:
    """Run one topic. A failure is recorded with the sections that were complete before it, and never raised."""
    print(f"--- {topic}", flush=True)
    report = TopicReport(topic)
    folder = Path(tempfile.mkdtemp(prefix="avs-bench-"))
    # nginx and PostgreSQL run as another user where we are root.
    folder.chmod(0o755)
    try:
        with ExitStack() as closing:
            workspace = Workspace(folder, closing, options.haste, options.profiles)
            for section in importlib.import_module(f"bench.{topic}").run(workspace):
                print_section(section)
                report.sections.append(section)
    except (Exception, _FAILED_SERVER) as error:  # noqa: BLE001 - one topic must not end the others
        if not isinstance(error, _EXPLAINED):
            traceback.print_exception(error)
        report.failure = f"{type(error).__name__}: {error}".replace(str(folder), "<folder>")
        print(f"{topic} failed: {error}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report


if __name__ == "__main__":
    sys.exit(main())
