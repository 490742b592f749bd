"""Read the file of settings that a shell, systemd and Compose read alike, and say where one of them would not.

    python -m avatarsite.env_file /etc/avatarsite/env                    check it
    python -m avatarsite.env_file /etc/avatarsite/env -- COMMAND …       run a command with its settings

Each line is `NAME=value` or `NAME='value'`, a comment or empty. The value in single quotes may hold JSON, spaces, `<`,
`#`, `$` and double quotes. The rules are what the shell's `.`, systemd's EnvironmentFile= and Compose's env_file have
in common; tests/site/test_env_file.py compares them. Standard library only: wrong settings must not stop it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PLACE = Path("/etc/avatarsite/env")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029]")
USAGE = "usage: python -m avatarsite.env_file FILE [-- COMMAND …]"


@dataclass(frozen=True)
class BadLine:
    """A line that a shell, systemd and Compose read differently, or that one of them refuses."""

    number: int
    name: str
    reason: str
    mend: str

    def __str__(self) -> str:
        return f"line {self.number}{f', {self.name}' if self.name else ''}: {self.reason} {self.mend}"


@dataclass(frozen=True)
class EnvFile:
    values: Mapping[str, str]
    bad_lines: Sequence[BadLine]


def parse_env_file(text: str) -> EnvFile:
    """Return the settings, and the lines that are wrong. The reasons never repeat a value: it may be a secret."""
    values: dict[str, str] = {}
    bad: list[BadLine] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip(" \t") or line.startswith("#"):
            continue
        name, _, value = line.partition("=")
        wrong = _find_fault(number, line, name, value)
        if not wrong and name in values:
            wrong = BadLine(number, name, "It was set above.", "Keep one of the lines.")
        if wrong:
            bad.append(wrong)
        else:
            values[name] = value[1:-1] if value.startswith("'") else value
    return EnvFile(values, bad)


def _find_fault(number: int, line: str, name: str, value: str) -> BadLine | None:
    if "=" not in line:
        return BadLine(number, "", "It is no setting.", "Write NAME='value' on one line, or # before a comment.")
    if not _NAME.fullmatch(name):
        mend = "Write NAME= at the start of the line: no “export”, and no space before or after the name."
        return BadLine(number, "", "It does not start with a name.", mend)
    if _CONTROL.search(line):
        mend = "Save the file with plain line ends (no CR), and put longer texts into a file that {name}_FILE names."
        return BadLine(number, name, "It has a control character.", mend.format(name=name))
    fault = _find_fault_of_value(value)
    return fault and BadLine(number, name, fault[0], fault[1].format(name=name))


def _find_fault_of_value(value: str) -> tuple[str, str] | None:
    """Return what is wrong with the text after `=`, and how to write it."""
    in_file = "Put the value into a file and name it: {name}_FILE=/etc/avatarsite/…"
    if not value.startswith("'"):
        if _PLAIN.fullmatch(value):
            return None
        return "The value has characters that need quotes.", "Put the whole value in single quotes: {name}='…'"
    if len(value) < 2 or not value.endswith("'"):
        return "The single quote does not end the line.", "End it with ' and nothing after it, no comment either."
    inner = value[1:-1]
    for sign, reader in (("'", "no reader agrees on it"), ("\\", "Compose reads it as an escape")):
        if sign in inner:
            return f"The value contains {sign} inside the quotes: {reader}.", in_file
    if "${" in inner:
        return "The value contains ${: some versions of Compose replace it.", in_file
    return None


def read_env_file(path: Path) -> EnvFile:
    """Raises OSError."""
    try:
        return parse_env_file(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return EnvFile({}, [BadLine(line, "", "It is not UTF-8.", "Save the file as UTF-8.")])


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[1:2] not in ([], ["--"]) or arguments[1:] == ["--"]:
        print(USAGE, file=sys.stderr)
        return 2
    path, command = Path(arguments[0]), list(arguments[2:])
    try:
        found = read_env_file(path)
    except OSError as error:
        print(f"{path} can't be read: {error.strerror}. Run this as root or as the service user.", file=sys.stderr)
        return 2
    if found.bad_lines:
        print(*_describe(path, found), sep="\n", file=sys.stderr)
        return 1
    if command:
        os.execvpe(command[0], command, {**os.environ, **found.values})
    print(f"{path}: {len(found.values)} settings, which a shell, systemd and Compose read alike.")
    return 0


def _describe(path: Path, found: EnvFile) -> Iterator[str]:
    for each in found.bad_lines:
        yield f"{path}, {each}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
