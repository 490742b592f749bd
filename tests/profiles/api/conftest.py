"""A program that calls the API. Imports wait: this file is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from profiles.models import Profile
    from profiles.testing.api_client import Program


@pytest.fixture
def program(alice: Profile) -> Program:
    """Alice's program, with every scope."""
    from profiles.testing.api_client import Program, a_secret

    return Program(a_secret(alice))
