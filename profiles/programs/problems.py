"""Kinds of problems that many operations share."""

from __future__ import annotations

from profiles.blocks.matching import PictureBlocked
from profiles.errors import Kind
from profiles.images.errors import REFUSALS, TOO_MANY_BYTES, DecoderUnavailable, PictureError
from profiles.limits import TooMany
from profiles.outages import CACHE, DATABASE
from profiles.people.api_tokens import TOKEN_EXPIRED, TOKEN_REVOKED, TOKEN_UNKNOWN
from profiles.pictures.changing import AvatarNotShowable, NoSuchAvatar
from profiles.programs.errors import (
    BAD_PARAMETER,
    BODY_INVALID,
    INTERNAL_ERROR,
    KEY_IN_USE,
    KEY_REUSED,
    LENGTH_REQUIRED,
    MALFORMED_BODY,
    NO_SUCH_ADDRESS,
    SCOPE_MISSING,
    TOKEN_MISSING,
    UNSUPPORTED_MEDIA_TYPE,
)
from profiles.programs.operations import Operation
from profiles.store.errors import StorageError

_ALWAYS = (BAD_PARAMETER, TooMany.kind, INTERNAL_ERROR, DATABASE, CACHE)
_WITH_TOKEN = (TOKEN_MISSING, TOKEN_UNKNOWN, TOKEN_EXPIRED, TOKEN_REVOKED, SCOPE_MISSING)
_BODY = (LENGTH_REQUIRED, MALFORMED_BODY, TOO_MANY_BYTES, UNSUPPORTED_MEDIA_TYPE, BODY_INVALID)
_KEY = (KEY_IN_USE, KEY_REUSED)
# Reasons of the decoder; too many bytes are refused before it.
PICTURE_REASONS = tuple(kind for kind in REFUSALS.values() if kind != TOO_MANY_BYTES)
STORE = (DecoderUnavailable.kind, StorageError.kind)
DECODED = (*PICTURE_REASONS, PictureError.kind, PictureBlocked.kind, *STORE)
SHOWN = (NoSuchAvatar.kind, AvatarNotShowable.kind, PictureBlocked.kind, PictureError.kind)


def problems_of(operation: Operation) -> list[Kind]:
    """Return all kinds of problems that a call of the operation may end in, each once."""
    kinds = list(operation.problems)
    if not operation.elsewhere:
        kinds += [*_ALWAYS, *(_WITH_TOKEN if operation.scope else ())]
        kinds += [*(_BODY if operation.body else ()), *(_KEY if operation.keeps_answer else ())]
        kinds += [NO_SUCH_ADDRESS] if "{" in operation.path else []  # a part of the path that is not of its form
    return list({kind.slug: kind for kind in kinds}.values())
