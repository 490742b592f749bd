"""Errors of reading IPFS files that we keep."""

from __future__ import annotations

from typing import ClassVar

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext_noop

BAD_CID = Kind("bad-cid", gettext_noop("Not a CID"))
BAD_FORMAT = Kind("bad-format", gettext_noop("Unknown format"))
BAD_SCOPE = Kind("bad-scope", gettext_noop("Unknown scope of a DAG"))
BAD_CAR_VERSION = Kind("bad-car-version", gettext_noop("Unknown CAR version"))
BAD_ENTITY_BYTES = Kind("bad-entity-bytes", gettext_noop("Not a range of bytes"))
# A block that the answer needs is not in our store, or the file was not made here.
NOT_HERE = Kind("not-here", gettext_noop("Not kept here"), 404)
# The blocks are here, but they hold no file at this path.
NO_SUCH_FILE = Kind("no-such-file", gettext_noop("No such IPFS file"), 404)
# The file, or the picture it holds, is blocked on this site.
BLOCKED = Kind("blocked", gettext_noop("Blocked here"), 410)
# The blocks of a file do not prove it, or could not be read.
NOT_VERIFIED = Kind("not-verified", gettext_noop("Not verified"))
# Nothing is wrong with the file as far as we know: its blocks could not be had.
NOT_CHECKED = Kind("not-checked", gettext_noop("Not checked"), 503, permanent=False)


class ContentRefused(ExpectedError):
    """A file can't be served or verified."""

    kind: ClassVar[Kind] = Kind("content-refused", gettext_noop("This content is not sent"))
