"""The archives as a release has them, built once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from localstack import dist


@dataclass(frozen=True)
class Archives:
    tree: Path
    wheel: Path
    sdist: Path


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    tree = tmp_path_factory.mktemp("export")
    dist.export(tree)
    wheel, sdist = dist.build(tree, tmp_path_factory.mktemp("dist"))
    return Archives(tree, wheel, sdist)
