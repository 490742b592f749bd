"""All operations of `nft`."""

from __future__ import annotations

from profiles.programs.operations import Group

GROUPS: tuple[Group, ...] = ()
