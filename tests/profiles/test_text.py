from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.text import one_line


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
