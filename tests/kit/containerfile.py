"""Run the steps of a Containerfile without a container engine: each stage is a layer over the one it is FROM."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.debian import PLAIN, Layer, way_out

SECONDS = 1800


@dataclass
class Stage:
    layer: Layer
    below: list[Path]
    environment: dict[str, str]
    folder: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def run(self, script: str) -> None:
        self.layer.copy_way_out()
        given = [f"{name}={value}" for name, value in self.environment.items()]
        inside = ["chroot", str(self.layer.root), "env", *given, "sh", "-e", "-c", f"cd {self.folder}; {script}"]
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={self.layer.root}/proc", *inside],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=PLAIN | way_out(),
            timeout=SECONDS,
        )
        assert done.returncode == 0, f"RUN {script}\n{done.stdout[-4000:]}"


@dataclass
class Build:
    """The stages built so far. `bases` are roots by the name that FROM gives them."""

    context: Path
    folder: Path
    base: Path
    stages: dict[str, Stage] = field(default_factory=dict)

    def build(self, text: str, targets: list[str]) -> None:
        for stage in read_stages(text):
            name, steps = stage[0][1].split()[-1], stage
            if name in targets:
                self._build_stage(name, steps)

    def remove(self) -> None:
        for stage in reversed(self.stages.values()):
            stage.layer.remove()

    def _build_stage(self, name: str, steps: list[tuple[str, str]]) -> None:
        parent = self.stages.get(steps[0][1].split()[0])
        below = [parent.layer.upper, *parent.below] if parent else [self.base]
        layer = Layer(self.folder / name, below)
        stage = Stage(layer, below, dict(parent.environment) if parent else {})
        self.stages[name] = stage
        for instruction, rest in steps[1:]:
            getattr(self, f"_{instruction.lower()}")(stage, rest)

    def _env(self, stage: Stage, rest: str) -> None:
        stage.environment |= dict(word.split("=", 1) for word in shlex.split(rest))

    def _run(self, stage: Stage, rest: str) -> None:
        stage.run(rest)

    def _workdir(self, stage: Stage, rest: str) -> None:
        stage.folder = rest
        (stage.layer.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _copy(self, stage: Stage, rest: str) -> None:
        words = rest.split()
        if words[0].startswith("--from="):
            source = self.stages[words.pop(0).removeprefix("--from=")].layer.root
            paths = [(source / words[0].lstrip("/"), words[1])]
        else:
            paths = [(self.context / word, words[-1]) for word in words[:-1]]
        for path, place in paths:
            target = stage.layer.root / (place if place.startswith("/") else f"{stage.folder}/{place}").lstrip("/")
            if path.is_dir():
                shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
            else:
                target = target / path.name if place.endswith("/") else target
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)

    def _user(self, stage: Stage, rest: str) -> None:
        stage.user = rest

    def _cmd(self, stage: Stage, rest: str) -> None:
        stage.command = json.loads(rest)

    def _healthcheck(self, stage: Stage, rest: str) -> None:
        stage.health = json.loads(rest.partition("CMD ")[2])

    def _expose(self, stage: Stage, rest: str) -> None:
        pass

    _stopsignal = _expose


def read_stages(text: str) -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage, the first of which is its FROM."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    steps = [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines()) if word]
    stages: list[list[tuple[str, str]]] = []
    for word, rest in steps:
        if word == "FROM":
            stages.append([])
        if stages:
            stages[-1].append((word, rest))
    return stages


def copy_context(root: Path, target: Path) -> None:
    """Copy what .dockerignore lets into a build: what a line with `!` names, except what later lines take out."""
    rules = [line for line in (root / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    for rule in (line[1:] for line in rules if line.startswith("!")):
        source, place = root / rule, target / rule
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            out = [line.removeprefix("**/") for line in rules if line.startswith("**/")]
            ignore = shutil.ignore_patterns(*out)
            shutil.copytree(source, place, ignore=ignore)
        elif not any(fnmatch.fnmatch(source.name, line) for line in rules[1:] if not line.startswith("!")):
            shutil.copy(source, place)
