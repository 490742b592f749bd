"""Expect an error of one kind."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from profiles.errors import ExpectedError, Kind


@contextmanager
def raises_kind(kind: Kind, *, match: str | None = None) -> Iterator[pytest.ExceptionInfo[ExpectedError]]:
    """Like `pytest.raises(ExpectedError)`, and the error must have been raised with `kind`."""
    with pytest.raises(ExpectedError, match=match) as caught:
        yield caught
    assert caught.value.is_a(kind), f"{caught.value!r} is of the kind {caught.value.slug}, not {kind.slug}"
