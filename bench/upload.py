"""Upload: from the bytes of a file to WebP squares. Ours beside sharp, django-avatar and naive Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import Lane, Peer, Workspace, node_peer, python_peer
from bench.pictures import Subject, make_subjects
from bench.setup import install_django_avatar, install_npm_peers
from bench.tables import MIB, Goal, Table
from profiles.decoding import DecodeRequest, get_decoder
from profiles.images.limits import FIRST_SIZES, RENDITION_SIZES

SIZES = [str(size) for size in sorted(RENDITION_SIZES, reverse=True)]
FOUR = ["512", "256", "128", "64"]
ANSWERED = "ours: what an upload waits for, master and 5 squares"
WHOLE, INSIDE, SQUARES = "ours: master and 9 squares", "the same, without the child process", "ours: 4 squares alone"
EQUAL, EQUAL_DEFAULT = "sharp: master and 9 squares, 1 thread", "sharp: master and 9 squares, its default"
LIMIT, LIMIT_DEFAULT = "sharp: 4 squares, 1 thread", "sharp: 4 squares, its default"
NAIVE, PEER, FLOOR = "Pillow, naive: 4 squares", "django-avatar: 4 squares", "floor: decode and encode alone"
MAX_CHILD_MIB, MAX_SHOWN = 80.0, 1.2
_MAX_WHOLE = {"jpg": 0.95, "png": 1.0, "webp": 1.0}
_MAX_SQUARES = {"jpg": 0.95, "png": 1.05, "webp": 1.05}
_NOTE = (
    "“Ours” decodes in the warm child process of an upload, whose CPU time and memory are included. All squares have "
    "quality 82 and effort 4, except django-avatar's, which stores the upload too. The answer to an upload waits for "
    f"the master and the squares of {', '.join(map(str, FIRST_SIZES))} pixels; a worker makes the others."
)


def run(workspace: Workspace) -> Iterator[Table]:
    install_npm_peers()
    python = install_django_avatar()
    for subject in make_subjects(workspace.folder):
        pace = Pace(budget=(40 if subject.kind == "jpg" else 25) * workspace.haste)
        lanes: list[Contestant] = [Lane(peer, workspace) for peer in _peers(subject, workspace.folder, python)]
        results = contest(lanes, pace)
        workspace.closing.pop_all().close()
        yield _table(subject, results)


def _peers(subject: Subject, folder: Path, python: str | None) -> Iterator[Peer]:
    file, side = str(subject.path), _master_side(subject)
    yield python_peer(ANSWERED, "pillow", "answered", file)
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
    """Return the longer side of our master; a peer's must not be larger."""
    master = get_decoder().decode(subject.path.read_bytes(), DecodeRequest()).image.master
    get_decoder().close()
    return str(max(master.width, master.height))


def _table(subject: Subject, results: dict[str, Result]) -> Table:
    whole, limit, kind = results[WHOLE], results[LIMIT], subject.kind
    goals = [
        Goal("our whole path ÷ sharp at equal work", whole.times(results[EQUAL]), _MAX_WHOLE[kind], " times"),
        Goal("our 4 squares ÷ sharp's", results[SQUARES].times(limit), _MAX_SQUARES[kind], " times"),
        Goal("memory of the child process", whole.children_peak / MIB, MAX_CHILD_MIB, " MiB"),
    ]
    if kind == "jpg":
        answered = results[ANSWERED].times(limit)
        goals.append(Goal("all work before the answer ÷ sharp's 4 squares", answered, MAX_SHOWN, " times"))
    size = subject.path.stat().st_size / MIB
    notes = [_NOTE] if subject.kind == "jpg" else []
    return Table(f"Upload of {subject.title} ({size:.1f} MiB)", list(results.values()), LIMIT, "picture", goals, notes)
