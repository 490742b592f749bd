"""Errors of reading IPFS files that we keep."""

from __future__ import annotations

from typing import ClassVar

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext_noop

_BAD_REQUEST, _NOT_FOUND = gettext_noop("Bad request"), gettext_noop("Not found")

BAD_CID = Kind("bad-cid", _BAD_REQUEST)
BAD_FORMAT = Kind("bad-format", _BAD_REQUEST)
BAD_SCOPE = Kind("bad-scope", _BAD_REQUEST)
BAD_CAR_VERSION = Kind("bad-car-version", _BAD_REQUEST)
BAD_ENTITY_BYTES = Kind("bad-entity-bytes", _BAD_REQUEST)
# A block that the answer needs is not in our store, or the file was not made here.
NOT_HERE = Kind("not-here", _NOT_FOUND, 404)
# The blocks are here, but they hold no file at this path.
NO_SUCH_FILE = Kind("no-such-file", _NOT_FOUND, 404)
# The file, or the picture it holds, is blocked on this site.
BLOCKED = Kind("blocked", gettext_noop("Blocked here"), 410)
# The blocks of a file do not prove it, or could not be read.
NOT_VERIFIED = Kind("not-verified", gettext_noop("Not verified"))
# Nothing is wrong with the file as far as we know: its blocks could not be had.
NOT_CHECKED = Kind("not-checked", gettext_noop("Not checked"), 503, permanent=False)


class ContentRefused(ExpectedError):
    """A file can't be served or verified."""

    kind: ClassVar[Kind] = Kind("content-refused", _BAD_REQUEST)
