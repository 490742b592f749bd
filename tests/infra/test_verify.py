"""`make lint` and `make test` run every check, say which failed, and exit with 1 if one did."""

from __future__ import annotations

import sys

import pytest

from localstack.verify import Check, _run_all, _run_together

BAD = Check("bad", [sys.executable, "-c", "print('one line'); raise SystemExit(3)"])
GOOD = Check("good", [sys.executable, "-c", "print('another line')"])


def test_checks_that_run_together_are_all_run_and_show_what_each_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert _run_together([BAD, GOOD]) == 1
    out = capfd.readouterr().out
    for title, line, result in (("bad", "one line", "FAILED (3)"), ("good", "another line", "ok")):
        assert f"\n{line}\n--- {title}: {result}, " in out
    assert out.endswith("\nFailed: bad\n")
    assert _run_together([GOOD, GOOD]) == 0


def test_checks_one_after_the_other_too(capfd: pytest.CaptureFixture[str]) -> None:
    assert _run_all([BAD, GOOD]) == 1
    assert "--- good: ok" in capfd.readouterr().out
