"""What the site uses of allauth beyond its public interface stands in one module, which names the version."""

from __future__ import annotations

import re
import sys

import allauth
import pytest
from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ImproperlyConfigured

from localstack.binaries import ROOT
from users.allauth_internals import TRIED, check_allauth

INTERNAL = re.compile(r"^\s*from allauth\.(\S*\.)?(internal|_\w+)\b|^\s*import allauth\.\S*internal", re.MULTILINE)


def test_one_module_imports_what_is_internal() -> None:
    files = [path for app in ("avatarsite", "users", "profiles", "nft") for path in (ROOT / app).rglob("*.py")]
    found = [path.relative_to(ROOT).as_posix() for path in files if INTERNAL.search(path.read_text("utf-8"))]
    assert found == ["users/allauth_internals.py"]


def test_the_installed_version_was_tried() -> None:
    assert allauth.__version__.startswith(f"{TRIED}.")
    assert check_allauth() == []


@pytest.mark.parametrize(
    ("version", "warned"), [("65.22.7", False), ("65.9.0", False), ("65.23.0", True), ("66.0", True)]
)
def test_a_newer_version_is_warned_of(version: str, warned: bool) -> None:
    messages = [str(message) for message in check_allauth(version)]
    assert bool(messages) == warned
    assert all(version in message for message in messages)


def test_an_overridden_method_that_is_gone_is_an_error() -> None:
    [error] = check_allauth("65.22.1", object)
    assert error.id == "users.E001"
    assert "_get_login_attempts_cache_key" in error.msg
    assert check_allauth("65.22.1", DefaultAccountAdapter) == []


def test_a_name_that_is_gone_stops_the_start_with_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "users.allauth_internals")
    monkeypatch.setitem(sys.modules, "allauth.account.internal.flows.login", None)
    with pytest.raises(ImproperlyConfigured, match=f"django-allauth {re.escape(allauth.__version__)} is installed"):
        import users.allauth_internals  # noqa: F401
