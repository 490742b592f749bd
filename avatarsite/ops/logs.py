"""The formats of log lines: one event a line, as JSON for programs or as text for people (LOG_FORMAT).

Both add the ids of the request or job that the thread works on. They print the message and the exception as the
handler's filters left them, and of the record's other attributes only FIELDS: what else a library attaches to a record
may name people.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from avatarsite.ops.ids import get_ids

#: Attributes of a record that are printed, given as `extra`. None of them says anything about a person.
FIELDS = ("view", "method", "status", "queue", "outcome", "duration_ms", "wait_ms", "attempt")


class JsonLines(logging.Formatter):
    """Format a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time_of(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= get_ids()
        line |= _facts_of(record)
        if trouble := _trouble_of(self, record):
            line["exception"] = trouble
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """Format a record as a line of text; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {**get_ids(), **_facts_of(record)}
        told = "".join(f" {name}={value}" for name, value in facts.items())
        line = f"{_time_of(record)} {record.levelname} {record.name}: {record.getMessage()}{told}"
        trouble = _trouble_of(self, record)
        return f"{line}\n{trouble}" if trouble else line


def _time_of(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _facts_of(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}


def _trouble_of(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """Return the traceback. A filter may have written `exc_text` itself; then that text counts."""
    if record.exc_info and not record.exc_text:
        record.exc_text = formatter.formatException(record.exc_info)
    stack = formatter.formatStack(record.stack_info) if record.stack_info else ""
    return "\n".join(part for part in (record.exc_text, stack) if part)
