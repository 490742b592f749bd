"""Keep addresses, signatures, mail addresses and secrets out of every log (V7).

Our own lines name none of them. This is the net below for what libraries write, and for tracebacks: an exception may
quote a row, a request or a URL. Whole URLs go but for their host, because a node's often holds its key.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from avatarsite.settings import env

logger = logging.getLogger(__name__)

GAP = "…"
# Digits after 0x of a block's or a transaction's hash: public, and what operators search for.
_HASH_DIGITS = 64
# How many zeros pad an address to such a length.
_PADDING = "0" * 24
_Replacement = str | Callable[[re.Match[str]], str]


def _mask_hex(found: re.Match[str]) -> str:
    digits = found[2]
    is_hash = found[1] == "0x" and len(digits) == _HASH_DIGITS and not digits.startswith(_PADDING)
    return found[0] if is_hash else f"{found[1]}{GAP}"


def _mask_url(found: re.Match[str]) -> str:
    scheme, _, host, rest = found.groups()
    return f"{scheme}{host}/{GAP}" if rest.strip("/") else f"{scheme}{host}{rest}"


# They end at quotes and backslashes, so that a line of JSON stays one. None begins with a repetition that could start
# anywhere in a long run: the time must grow with a line's length, not its square, as strangers write parts of it.
_RULES: list[tuple[re.Pattern[str], _Replacement]] = [
    (
        re.compile(r"([a-z0-9+.-]://)([^\s/@'\"]*@)?([^\s/?#'\"<>@\\]+)([^\s'\"<>\\]*)", re.IGNORECASE),
        _mask_url,
    ),
    # urllib3 and requests name host and path apart.
    (re.compile(r"(\bwith url: )[^\s\"\\]+"), rf"\1{GAP}"),
    # Bytes as Python prints them, and as JSON quotes that: an account is 20 of them. With both kinds of quotes among
    # them, they stand between single ones, and those inside have backslashes before them.
    (re.compile(r"""\bb(?:'(?:\\{1,6}'|[^'\n]){12,}'|(\\?"|\\')(?:(?!\1).){12,}\1)"""), f"b'{GAP}'"),
    (re.compile(r"(0x|\\x)([0-9a-f]{40,})", re.IGNORECASE), _mask_hex),
    (re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{40}|[0-9a-f]{128,})(?![0-9a-f])", re.IGNORECASE), GAP),
    # With what touches its end, which may be a second mail address.
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?:[.+@]+[\w-]+)*"), f"{GAP}@{GAP}"),
    (re.compile(r"\bavs_[0-9A-Za-z]{8,}"), f"avs_{GAP}"),
    # Links that were sent by mail.
    (re.compile(r"(/(?:reset/key|confirm-email)/)[^\s/\"\\]+"), rf"\1{GAP}"),
    (
        re.compile(r"\b((?:authorization|cookie|set-cookie|x-csrftoken)['\"]?\s*[:=]\s*)[^\r\n\"\\]+", re.IGNORECASE),
        rf"\1{GAP}",
    ),
]


def mask(text: str) -> str:
    """Return `text` without what nobody may read in a log."""
    for secret in env.secrets():
        text = text.replace(secret, GAP)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    # Half a surrogate pair, which a stranger's server may send, can't be written.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


class MaskedStream(logging.StreamHandler[TextIO]):
    """Writes masked lines to the standard error output, whatever formats them, and uncaught exceptions as well."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        _log_what_nobody_catches()

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Name the place of a line that can't be formatted. Python would print its values."""
        sys.stderr.write(f"A line of the log could not be written: {record.pathname}, line {record.lineno}.\n")


def _log_what_nobody_catches() -> None:
    """Python would print them to the standard error output as they are. Others' hooks, as of tests, are kept."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _log_exception
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_exception_of_thread


def _log_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logger.critical("The process ends with an exception.", exc_info=(kind, error, trace))


def _log_exception_of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        logger.critical("A thread ended with an exception.", exc_info=args.exc_value)
