"""Numbered steps of a page, carried out on a project word for word.

A step is an item of a numbered list. Its fenced blocks say what to do: the lines of a `shell` block are commands, and
any other block begins with a comment that names a file. Python goes to the end of that file, HTML to the end of its
last block. So what can't be pasted, as `MIDDLEWARE = [..., "x"]`, is no step.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.package.environments import Environment

STEP = re.compile(r"^\d+\. .*(?:\n(?: {3}.*|))*", re.MULTILINE)
BLOCK = re.compile(r"^ {3}```(\w+)\n(.*?)^ {3}```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:# |\{# )([\w./-]+)")


@dataclass(frozen=True)
class Block:
    language: str
    code: str

    @property
    def file(self) -> str:
        """Return the name of the file that the block's first line names; "" if it names none."""
        found = FILE.match(self.code)
        return found[1] if found else ""


@dataclass(frozen=True)
class Step:
    text: str

    @property
    def blocks(self) -> list[Block]:
        found = BLOCK.findall(self.text)
        return [Block(language, re.sub(r"^ {3}", "", code, flags=re.MULTILINE)) for language, code in found]


def read_steps(page: str, heading: str) -> list[Step]:
    """Return the steps of one section of a page, in their order. The lines of a block are no headings."""
    [section] = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return [Step(text) for text in STEP.findall(section)]


@dataclass(frozen=True)
class Project:
    """A project in a folder, and the environment that it runs in.

    `files` has the path of each file that steps may name, `values` what the project decides instead of a step's
    example, by the name that it is assigned to, and `packages` what stands for a name that pip would look up.
    """

    folder: Path
    environment: Environment
    files: Mapping[str, str]
    values: Mapping[str, str]
    packages: Mapping[str, str]
    variables: Mapping[str, str]

    def carry_out(self, steps: list[Step]) -> None:
        for block in (block for step in steps for block in step.blocks):
            if block.language == "shell":
                for line in filter(None, block.code.splitlines()):
                    self._run(line)
            else:
                self._add(block)

    def manage(self, *arguments: str) -> str:
        return self.environment.run("manage.py", *arguments, folder=self.folder, environment=dict(self.variables))

    def _run(self, line: str) -> None:
        match shlex.split(line):
            case ["pip", "install", *names]:
                self.environment.install(*map(self._package, names))
            case ["python", "manage.py", *arguments]:
                self.manage(*arguments)
            case _:
                pytest.fail(f"A step has a command that nobody could carry out: {line}", pytrace=False)

    def _package(self, name: str) -> str:
        plain, bracket, extras = name.partition("[")
        return self.packages.get(plain, plain) + bracket + extras

    def _add(self, block: Block) -> None:
        if block.file not in self.files:
            pytest.fail(f"A step names no file of the project in its first line:\n{block.code}", pytrace=False)
        path = self.folder / self.files[block.file]
        text, code = path.read_text("utf-8"), block.code.partition("\n")[2]
        for name, value in self.values.items():
            code = re.sub(rf"^{name} = .*$", f"{name} = {value}", code, flags=re.MULTILINE)
        before, end, after = text.rpartition("{% endblock %}") if path.suffix == ".html" else (text, "", "")
        path.write_text(f"{before}\n{code}{end}{after}", encoding="utf-8")
