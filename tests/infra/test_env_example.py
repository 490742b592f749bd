"""`.env.example` and the code name the same settings."""

from __future__ import annotations

import re

from localstack.binaries import ROOT

READ = re.compile(r"\benv\.(?:text|choice|flag|integer|integers|rates|words|networks|parsed_json)\(\s*\"([A-Z0-9_]+)\"")
DOCUMENTED = re.compile(r"^# ([A-Z][A-Z0-9_]+)=", re.MULTILINE)
OF_THE_STACK = {"AVATARSITE_PORT", "AVATARSITE_CHAIN_PORT"}


def documented() -> set[str]:
    return set(DOCUMENTED.findall((ROOT / ".env.example").read_text(encoding="utf-8")))


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    read = {name for path in (ROOT / "avatarsite").rglob("*.py") for name in READ.findall(path.read_text("utf-8"))}
    assert documented() == read | OF_THE_STACK
