"""`make bench`: all topics, then bench/RESULTS.md. With names of topics: only those, and nothing is written."""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.lanes import HERE, BenchError, Place, check_platform
from bench.report import Section, load, node_version, say_version, write_results
from bench.setup import check_programs, install_npm_peers
from localstack.binaries import ProgramMissingError
from localstack.processes import PartFailedError

TOPICS = ("upload", "avatar_get", "pages", "growth", "sign_in", "ipfs", "media", "chain", "story")


def main() -> int:
    asked = _read_arguments()
    try:
        check_platform()
        check_programs()
        install_npm_peers()
        before = load()
        tables = [table for topic in asked.topics or TOPICS for table in _tables(topic, asked)]
    except (BenchError, ProgramMissingError, PartFailedError) as error:
        print(f"The bench stopped: {error}", file=sys.stderr)
        return 1
    if not asked.topics:
        versions = [node_version(), f"nginx {say_version(['nginx', '-v'])}", *_peer_versions()]
        write_results(tables, HERE / "RESULTS.md", versions, f"{before} at the beginning, {load()} at the end")
        print("Written to bench/RESULTS.md.")
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("topics", nargs="*", choices=[[], *TOPICS], metavar="topic", help=" ".join(TOPICS))
    parser.add_argument("--profiles", type=int, default=1000, help="how many people the site has (1000)")
    parser.add_argument("--haste", type=float, default=1.0, help="0.1: a tenth of the time, for trying things out")
    return parser.parse_args()


def _tables(topic: str, asked: argparse.Namespace) -> Iterator[Section]:
    print(f"--- {topic}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="avs-bench-"))
    folder.chmod(0o755)  # nginx and PostgreSQL step down to another user where we are root
    try:
        with ExitStack() as closing:
            place = Place(folder, closing, asked.haste, asked.profiles)
            for table in importlib.import_module(f"bench.{topic}").run(place):
                print(f"\n{table.text()}\n", flush=True)
                yield table
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _peer_versions() -> list[str]:
    packages = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return [f"{name} {number}" for name, number in packages.items()]


if __name__ == "__main__":
    sys.exit(main())
