"""What each kind of problem means and what to do about it: the pages to which the `type` of problems leads.

They are written down apart from the kinds, as a web process has loaded only the modules that it needs. A test compares
the two. An app names its file when it is ready: a table of TOML with three texts for each slug.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Explanation(NamedTuple):
    """A short name of the kind, what it means, and what to do. In English, like all that programs are told."""

    title: str
    meaning: str
    way_on: str


_files: list[tuple[str, str]] = []


def register_explanations(package: str, name: str) -> None:
    """Add the explanations in the file `name` of a package."""
    if (package, name) not in _files:
        _files.append((package, name))


@cache
def get_explanations() -> Mapping[str, Explanation]:
    texts = [tomllib.loads((files(package) / name).read_text("utf-8")) for package, name in _files]
    return dict(sorted((slug, Explanation(*said)) for table in texts for slug, said in table.items()))
