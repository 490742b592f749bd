"""Assertions about expected errors: the class that code catches, and the kind that tells its reasons apart."""

from __future__ import annotations

from typing import TypeVar

import pytest

from profiles.errors import ExpectedError, Kind

E = TypeVar("E", bound=ExpectedError)


def raises(error: type[E], kind: Kind, match: str | None = None) -> pytest.RaisesExc[E]:
    """Like `pytest.raises`, for an error of this kind only."""
    return pytest.raises(error, match=match, check=lambda found: found.is_a(kind))
