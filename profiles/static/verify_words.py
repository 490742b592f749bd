"""Words for verify_receipt.py: its verdicts, the lines it prints, the JSON it reads."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from typing import Any

# Seconds that clocks may differ. Test chains run ahead of the clock by a second a block.
CLOCKS_DIFFER = 3600
Json = dict[str, Any]


class Wrong(Exception):
    """Something is missing, makes no sense, or differs from the receipt."""


class Open(Exception):
    """A check could not be made, or nothing can prove the fact."""


class Unclaimed(Exception):
    """The receipt does not claim it."""


class Unreadable(Exception):
    """The source holds no readable receipt."""


def plain(text: str, most: int) -> str:
    """Return `text` on one line of ASCII: no control, invisible, direction-changing or look-alike characters."""
    line = " ".join(text[: 4 * most].split())
    visible = "".join(letter if " " <= letter <= "~" else f"\\u{{{ord(letter):x}}}" for letter in line)
    return visible if len(visible) <= most else visible[: most - 3] + "..."


def q(text: object, most: int = 100) -> str:
    """Quote what somebody else wrote."""
    return '"' + plain(str(text), most).replace('"', "'") + '"'


def say(word: str, name: str, sentence: str) -> None:
    print(plain_line(f"{word:<11} {name}: {sentence}"))


def plain_line(line: str) -> str:
    """Return our own line. What it quotes was cleaned by `q`; this holds even where that was forgotten."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in line[:1500])


def seconds_of(text: str) -> float:
    """Parse a time as receipts write it. Raise ValueError."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00", text, re.ASCII):
        raise ValueError(text)
    return datetime.fromisoformat(text).timestamp()


def at(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(min(seconds, 253402300799)))


def is_hex(value: object, size: int) -> bool:
    return isinstance(value, str) and re.fullmatch(f"0x[0-9a-fA-F]{{{2 * size}}}", value) is not None


def read_json(data: bytes) -> Any:
    """Read what is signed: no name twice, no fractions, whole numbers below 2^53, no half of a surrogate pair."""
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=unique,
            parse_int=small,
            parse_float=refuse_number,
            parse_constant=refuse_number,
        )
        canonical(value)
    except RecursionError:
        raise ValueError("It is nested too deeply.") from None
    return value


def read_loose_json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"), strict=False, parse_int=str, parse_float=str)
    except RecursionError:
        raise ValueError("It is nested too deeply.") from None


def unique(pairs: list[tuple[str, Any]]) -> Json:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("A name stands twice in it.")
    return dict(pairs)


def small(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) >= 2**53:
        raise ValueError("It holds a number that is too large.")
    return int(digits)


def refuse_number(text: str) -> None:
    raise ValueError(f"It holds {q(text, 20)}, which is no whole number.")


def canonical(value: object) -> bytes:
    """Return the canonical JSON of RFC 8785, for the values that receipts contain."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
