"""Lists of blocks as CSV files: out, and in again here or on another site.

The first line names the columns: kind, value, reason and sample. A sample is what finds similar pictures where the
picture itself is not stored.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from profiles.blocks.kinds import SIMILAR, BlockRefused, get_kind
from profiles.blocks.matching import active_blocks
from profiles.models import Block
from profiles.models.blocks import unpack_samples
from profiles.moderation.blocking import add_block, find_image, parse_reason
from profiles.sentences import gettext as _

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

COLUMNS = ("kind", "value", "reason", "sample")
_NEEDED = frozenset({"kind", "value", "reason"})
#: Lines of one file, and its bytes.
MAX_LINES, MAX_BYTES = 10_000, 20 * 1024 * 1024
csv.field_size_limit(1024 * 1024)


@dataclass(frozen=True)
class Line:
    """One line of a list. `fault` says what is wrong with it, and `is_known` that it is blocked already."""

    number: int
    kind: str
    value: str
    reason: str
    sample: bytes = b""
    fault: str = ""
    is_known: bool = False

    @property
    def is_new(self) -> bool:
        return not self.fault and not self.is_known


def write_list(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the lines of a CSV file."""
    yield _write(COLUMNS)
    for block in blocks:
        sample = base64.b64encode(bytes(block.sample)).decode()
        yield _write((block.kind, block.value, _plain_cell(block.reason), sample))


def read_list(content: bytes) -> list[Line]:
    """Parse and judge every line, changing nothing. Raise BlockRefused for what is no such file."""
    if len(content) > MAX_BYTES:
        raise BlockRefused(_("A list may have up to %(most)s MB.", most=MAX_BYTES // 1024**2))
    try:
        text = content.decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        missing = _NEEDED - set(rows.fieldnames or ())
        if missing:
            raise BlockRefused(_("The first line must name the columns kind, value and reason."))
        lines = [_parse(rows.line_num, row) for row in rows]
    except UnicodeDecodeError as error:
        raise BlockRefused(_("This file is not text in UTF-8.")) from error
    except csv.Error as error:
        raise BlockRefused(_("This file can't be read as CSV: %(fault)s.", fault=str(error))) from error
    if len(lines) > MAX_LINES:
        raise BlockRefused(_("A list may have up to %(most)s lines.", most=MAX_LINES))
    return _mark_known(lines)


def import_list(lines: Iterable[Line], actor: User, now: datetime) -> list[Block]:
    """Add the blocks that are new, and let workers hide what they cover. The same list again adds nothing."""
    new = [line for line in lines if line.is_new]
    return [add_block(line.kind, line.value, line.reason, actor, now, line.sample) for line in new]


def _parse(number: int, row: dict[str, str | None]) -> Line:
    kind, value, reason = ((row.get(name) or "").strip() for name in ("kind", "value", "reason"))
    try:
        sample = base64.b64decode(row.get("sample") or "", validate=True)
        value = get_kind(kind).parse(value)
        parse_reason(reason)
        _check_sample(kind, value, sample)
    except BlockRefused as error:
        return Line(number, kind, value, reason, fault=error.sentence)
    except binascii.Error:
        return Line(number, kind, value, reason, fault=_("The sample is not base64."))
    return Line(number, kind, value, parse_reason(reason), sample)


def _check_sample(kind: str, value: str, sample: bytes) -> None:
    if kind != SIMILAR:
        return
    if sample:
        try:
            unpack_samples(sample)
        except ValueError as error:
            raise BlockRefused(_("The sample of this block is damaged.")) from error
    elif find_image(value) is None:
        raise BlockRefused(_("This site has no picture with this sha256, and the line has no sample."))


def _mark_known(lines: list[Line]) -> list[Line]:
    """Mark the lines that are blocked already, or that stand above in the same list."""
    wanted = {line.value for line in lines if not line.fault}
    known = set(active_blocks().filter(value__in=wanted).values_list("kind", "value"))
    marked = []
    for line in lines:
        key = line.kind, line.value
        is_known = not line.fault and key in known
        marked.append(Line(**(vars(line) | {"is_known": is_known})))
        known.add(key)
    return marked


def _plain_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _write(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
