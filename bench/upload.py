"""Upload: from a file's bytes to WebP squares. We beside sharp, django-avatar and Pillow as tutorials use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import Lane, Peer, Place, node_peer, python_peer
from bench.pictures import Subject, make_subjects
from bench.report import MIB, Goal, Table
from bench.setup import install_django_avatar, install_npm_peers
from profiles.decoding import DecodeRequest, get_decoder
from profiles.images.limits import RENDITION_SIZES

SIZES = [str(size) for size in sorted(RENDITION_SIZES, reverse=True)]
FOUR = ["512", "256", "128", "64"]
WHOLE, INSIDE, SQUARES = "ours: master and 9 squares", "the same, without the child process", "ours: 4 squares alone"
EQUAL, EQUAL_DEFAULT = "sharp: master and 9 squares, 1 thread", "sharp: master and 9 squares, its default"
LIMIT, LIMIT_DEFAULT = "sharp: 4 squares, 1 thread", "sharp: 4 squares, its default"
NAIVE, PEER, FLOOR = "Pillow, naive: 4 squares", "django-avatar: 4 squares", "floor: decode and encode alone"
CHILD_MIB = 120
_BOUNDS = {"jpg": 0.95, "png": 1.05, "webp": 1.05}
_NOTE = (
    "“Ours” decodes in the warm child process of an upload; the child's time and memory are counted. "
    "A square has quality 82 and effort 4 with all but django-avatar, which stores the upload too."
)


def run(place: Place) -> Iterator[Table]:
    install_npm_peers()
    python = install_django_avatar()
    for subject in make_subjects(place.folder):
        pace = Pace(budget=(40 if subject.kind == "jpg" else 25) * place.haste)
        lanes: list[Contestant] = [Lane(peer, place) for peer in _peers(subject, place.folder, python)]
        results = contest(lanes, pace)
        place.closing.pop_all().close()
        yield _table(subject, results)


def _peers(subject: Subject, folder: Path, python: str | None) -> Iterator[Peer]:
    file, side = str(subject.path), _master_side(subject)
    yield python_peer(WHOLE, "pillow", "whole", file)
    yield python_peer(INSIDE, "pillow", "without_child", file)
    yield node_peer(EQUAL, "sharp.mjs", file, "1", side, *SIZES)
    yield node_peer(EQUAL_DEFAULT, "sharp.mjs", file, "0", side, *SIZES)
    yield python_peer(SQUARES, "pillow", "squares", file)
    yield node_peer(LIMIT, "sharp.mjs", file, "1", "0", *FOUR)
    yield node_peer(LIMIT_DEFAULT, "sharp.mjs", file, "0", "0", *FOUR)
    yield python_peer(NAIVE, "pillow", "naive", file)
    if python is not None:
        media = folder / f"media-{subject.kind}"
        media.mkdir()
        yield Peer(PEER, [python, "-m", "bench.peers.django_avatar", file], environment={"BENCH_FOLDER": str(media)})
    yield python_peer(FLOOR, "pillow", "floor", file)


def _master_side(subject: Subject) -> str:
    """How large our master gets; a peer's is to be no larger."""
    master = get_decoder().decode(subject.path.read_bytes(), DecodeRequest()).image.master
    get_decoder().close()
    return str(max(master.width, master.height))


def _table(subject: Subject, results: dict[str, Result]) -> Table:
    bound = _BOUNDS[subject.kind]
    goals = [
        Goal("our whole path ÷ sharp at equal work", results[WHOLE].times(results[EQUAL]), bound, " times"),
        Goal("our 4 squares ÷ sharp's", results[SQUARES].times(results[LIMIT]), bound, " times"),
        Goal("the child process", results[WHOLE].children_peak / MIB, CHILD_MIB, " MiB"),
    ]
    size = subject.path.stat().st_size / MIB
    notes = [_NOTE] if subject.kind == "jpg" else []
    return Table(f"Upload of {subject.title} ({size:.1f} MiB)", list(results.values()), LIMIT, "picture", goals, notes)
