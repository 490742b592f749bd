from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # conftest files are read before Django is set up
    from tests.kit.webhooks import Receivers


@pytest.fixture(autouse=True)
def receivers() -> Iterator[Receivers]:
    from django.core.cache import cache

    from tests.kit.webhooks import receivers_in_memory

    cache.clear()  # the limits of other tests
    with receivers_in_memory() as found:
        yield found
