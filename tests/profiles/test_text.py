from __future__ import annotations

import json
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack.binaries import ROOT
from profiles.text import is_text, one_line, parse_json


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  two \n\t words ", "two words"),
        ("e\u0301", "é"),
        ("a\u202eb\u2066c\u200bd\ufeff", "abcd"),
        ("nul\x00 bell\x07 \x1b[31m", "nul bell [31m"),
        ("\u0646\u200c\u0647", "\u0646\u200c\u0647"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("line\u2028separator", "line separator"),
    ],
)
def test_words_become_one_clean_line(written: str, kept: str) -> None:
    assert one_line(written) == kept


@given(st.text())
def test_a_clean_line_stays_as_it_is_and_holds_nothing_hidden(written: str) -> None:
    line = one_line(written)
    assert one_line(line) == line
    assert line == line.strip()
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in line)
    assert not any(0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069 for c in line)


@pytest.mark.parametrize("text", ["a", "", "日本", "\uffff", "\u202e", "😀"])
def test_what_databases_take_is_text(text: str) -> None:
    assert is_text(text)
    assert parse_json(json.dumps({text: [text]}).encode()) == {text: [text]}


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "a\udfff"])
def test_nul_and_half_a_pair_are_no_text_wherever_json_has_them(text: str) -> None:
    assert not is_text(text)
    for value in (text, [1, text], {"a": {"b": [text]}}, {text: 1}):
        with pytest.raises(ValueError, match="half a surrogate pair"):
            parse_json(json.dumps(value).encode())


def test_json_that_is_none_or_too_deep_is_refused() -> None:
    for body in (b"", b"{", b"[" * 100_000, b'"\xff"'):
        with pytest.raises(ValueError):  # noqa: PT011 - the parser's own words
            parse_json(body)


def test_json_that_is_too_deep_ends_no_process_in_which_a_package_raised_the_limit_of_recursion() -> None:
    program = """
import sys
from profiles.text import load_json

sys.setrecursionlimit(100_000)
for body in (b"[" * 90_000, b'{"a":' * 90_000, b"[" * 50_000 + b"]" * 50_000):
    try:
        load_json(body)
    except ValueError as error:
        print(error)
assert load_json(b"[" * 1000 + b"]" * 1000)
assert load_json(b'["' + b"[" * 5000 + b'"]')
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "The JSON is nested too deeply.\n" * 3
