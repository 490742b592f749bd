"""One event is one line, with the ids of its request or job and nothing else that a library attached."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import os
import subprocess
import sys
from typing import Any

import pytest

from avatarsite.ops.ids import choose_request_id, working_on
from avatarsite.ops.logs import JsonLines, TextLines

ASK = "import json; from django.conf import settings; print(json.dumps(settings.LOGGING['handlers']['console']))"


def log_with(formatter: logging.Formatter, **more: Any) -> str:
    """Log one error as an application does; return what is written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logger = logging.getLogger("nft.claims.of_the_test")
    logger.addHandler(handler)
    try:
        int("no block")
    except ValueError:
        logger.exception("Chain %s is\nstuck.", 1, **more)
    logger.removeHandler(handler)
    return written.getvalue()


def test_an_event_is_one_line_of_json() -> None:
    with working_on(request_id="a" * 32, job="nft.x", job_id="b"):
        written = log_with(JsonLines(), extra={"duration_ms": 12, "user": "0xabc", "request": object()})
    assert written.count("\n") == 1
    line = json.loads(written)
    assert line.pop("time").endswith("Z")
    assert "ValueError: invalid literal" in line.pop("exception")
    assert line == {
        "level": "ERROR",
        "logger": "nft.claims.of_the_test",
        "message": "Chain 1 is\nstuck.",
        "request_id": "a" * 32,
        "job": "nft.x",
        "job_id": "b",
        "duration_ms": 12,
    }


def test_text_has_the_same_facts() -> None:
    with working_on(request_id="a" * 32):
        written = log_with(TextLines(), extra={"duration_ms": 12, "user": "0xabc"})
    assert f"ERROR nft.claims.of_the_test: Chain 1 is\nstuck. request_id={'a' * 32} duration_ms=12\n" in written
    assert written.endswith("'no block'\n")
    assert "0xabc" not in written


def test_what_a_filter_changed_is_what_is_printed() -> None:
    """Filters of the handler mask; the formats must not go back to what they masked."""
    record = logging.LogRecord("x", logging.ERROR, "", 0, "masked", None, None)
    record.exc_info = (ValueError, ValueError("secret"), None)
    record.exc_text = "ValueError: masked"
    for formatter in (JsonLines(), TextLines()):
        assert "secret" not in formatter.format(record)
        assert "ValueError: masked" in formatter.format(record)


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("a" * 32, True),
        ("0f9-_A" * 3, True),
        ("short", False),
        ("a" * 65, False),
        ("a" * 20 + "\n", False),
        ("", False),
    ],
)
def test_only_a_well_formed_id_is_taken_over(given: str, is_kept: bool) -> None:
    chosen = choose_request_id(given)
    assert (chosen == given) is is_kept
    assert is_kept or len(chosen) == 32


def test_new_ids_are_all_different_in_a_fork_too() -> None:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, choose_request_id("").encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert len({choose_request_id(""), choose_request_id(""), os.read(read, 64).decode()}) == 3


@pytest.mark.parametrize(
    ("environment", "formatter"),
    [({"LOCAL_STACK": "1"}, "text"), ({"LOCAL_STACK": "0"}, "json"), ({"LOG_FORMAT": "text"}, "text")],
)
def test_production_logs_json_and_the_local_stack_text(environment: dict[str, str], formatter: str) -> None:
    production = {"LOCAL_STACK": "0", "SECRET_KEY": "x" * 50, "SITE_ORIGIN": "https://a.example", "NFT_ENABLED": "0"}
    given = os.environ | production | environment
    told = subprocess.run([sys.executable, "-c", ASK], env=given, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["formatter"] == formatter


def test_the_settings_are_accepted_by_pythons_logging() -> None:
    command = "import logging.config; from django.conf import settings; logging.config.dictConfig(settings.LOGGING)"
    for chosen in ("json", "text"):
        subprocess.run([sys.executable, "-c", command], env=os.environ | {"LOG_FORMAT": chosen}, check=True)
