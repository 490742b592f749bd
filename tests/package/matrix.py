"""What the package is tested on. The classifiers in pyproject.toml and docs/extend/package.md name the same."""

from __future__ import annotations

from dataclasses import dataclass

PYTHONS = ("3.11", "3.12", "3.13")
DJANGOS = ("5.2", "6.0", "6.1")


@dataclass(frozen=True)
class Cell:
    """One combination. `oldest` installs the lowest versions that the package allows instead of the newest."""

    python: str
    django: str
    database: str
    oldest: bool = False

    def __str__(self) -> str:
        return f"py{self.python}-dj{self.django}-{self.database}{'-oldest' if self.oldest else ''}"


CELLS = (
    Cell("3.11", "5.2", "sqlite"),
    Cell("3.11", "5.2", "postgresql", oldest=True),
    Cell("3.12", "6.0", "postgresql"),
    Cell("3.13", "5.2", "postgresql"),
    Cell("3.13", "6.1", "sqlite"),
    Cell("3.13", "6.1", "postgresql"),
)
"""Django 6 needs Python 3.12."""
