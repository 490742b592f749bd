"""The checks of `make lint` and `make test`. Standard library only. What the checks need is installed first."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from localstack import binaries, bootstrap
from localstack.binaries import ROOT

OURS = ["avatarsite", "users", "profiles", "nft", "localstack", "tests", "bench"]
PRETTIER = ["node", "frontend/node_modules/prettier/bin/prettier.cjs"]
SCRIPTS_AND_STYLES = "{bench,contracts,frontend,nft,profiles,static,tests}/**/*.{js,mjs,cjs,css}"
"""The files Prettier formats; .prettierignore excludes what other people wrote."""

TEMPLATES = [
    "--tabwidth",
    "2",
    "--extra-block",
    "slot,endslot",
    "templates",
    *(f"{app}/templates" for app in ("users", "profiles", "nft")),
]
"""The arguments of djhtml, which indents templates.

It never adds or removes a line break: whitespace between two elements can show on the page.
"""

PRODUCTION = {
    "SECRET_KEY": "only-for-this-check-" + "0123456789abcdef" * 4,
    "SITE_ORIGIN": "https://avatars.example",
    "DATABASE_URL": "postgresql://site@database.example/site",
    "REDIS_URL": "redis://redis.example:6379/0",
    "NFT_CHAINS": '{"1": {"name": "Ethereum", "rpc_urls": ["https://one.example", "https://two.example"]}}',
    "NFT_IPFS_GATEWAYS": "https://one.example https://two.example",
    "S3_BUCKET": "avatars",
    "OPERATOR_NAME": "Example Ltd",
    "OPERATOR_ADDRESS": "1 Example Street",
    "OPERATOR_EMAIL": "mail@example.org",
    # The example of RFC 8410, section 10.3: a public key pair, but a valid one.
    "AVATAR_RECEIPT_SIGNING_KEY": "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n",
}
"""Production settings, for Django's `check --deploy`. The check connects to nothing."""

SQLITE_TESTS = [
    "tests/profiles/pictures/test_history.py",
    "tests/profiles/pictures/test_races.py",
    "tests/nft/claims/test_claims.py",
    "tests/nft/accounts/test_sign_in_replay.py",
    "tests/nft/minting/test_minting.py",
    "tests/nft/minting/test_mint_kills.py",
    "tests/nft/minting/test_sponsored_mints.py",
]
"""Tests of what differs between databases: locks, races, constraints. `make test-sqlite` runs all tests on SQLite."""

SIDE_BY_SIDE = ["-n", "3", "--dist", "loadscope", "--no-loadscope-reorder"]
"""Three workers on two cores, each with its own servers: tests wait for servers half of the time."""

IN_TIME = ["--timeout", "300"]
"""Seconds after which a test that hangs fails, and says what each thread was doing."""


FEW_FAILED = 10
"""Failed tests that are run again, alone."""


PLAIN = ["PATH", "HOME", "LANG", "TERM", "CI", "PYTHONPYCACHEPREFIX"]
"""The variables that a check with an environment of its own still has."""


@dataclass(frozen=True)
class Check:
    title: str
    command: Sequence[str]
    environment: dict[str, str] | None = None
    folder: Path = ROOT


def lint() -> int:
    """Run every static check."""
    bootstrap.prepare("lint")
    python, tool = binaries.python(), binaries.VENV / "bin"
    manage = [python, "manage.py"]
    local = _environment({"LOCAL_STACK": "1"})
    return _run_together(
        [
            Check("types", [str(tool / "mypy"), *OURS], local),
            Check("script format", [*PRETTIER, "--check", SCRIPTS_AND_STYLES], _with_node()),
            Check("script types", ["node", "frontend/node_modules/typescript/bin/tsc", "-p", "frontend"], _with_node()),
            Check("imports", [str(tool / "lint-imports")], local),
            Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"], local),
            Check(
                "production settings",
                [*manage, "check", "--deploy", "--fail-level", "WARNING"],
                _environment(PRODUCTION),
            ),
            Check("dependencies", [python, ".ci/audit.py"]),
            Check("documentation", [python, "-m", "localstack.docs_site"]),
            Check("template format", [str(tool / "djhtml"), "--check", *TEMPLATES]),
            Check("vendored scripts", ["node", "frontend/bundle.mjs", "--hashes"], _with_node()),
            Check("contract artifacts", [python, "contracts/build_artifacts.py", "--hashes"]),
            Check("style", [str(tool / "ruff"), "check", "."]),
            Check("format", [str(tool / "ruff"), "format", "--check", "."]),
        ]
    )


def format_code() -> int:
    """Rewrite Python, scripts, styles and templates in the format that `lint` checks."""
    bootstrap.prepare("lint")
    tool = binaries.VENV / "bin"
    return _run_all(
        [
            Check("style", [str(tool / "ruff"), "check", "--fix", "."]),
            Check("format", [str(tool / "ruff"), "format", "."]),
            Check("script format", [*PRETTIER, "--write", "--log-level", "warn", SCRIPTS_AND_STYLES], _with_node()),
            Check("template format", [str(tool / "djhtml"), *TEMPLATES]),
        ]
    )


def test(arguments: Sequence[str]) -> int:
    """Test the contracts, the page scripts, a part of the site on SQLite, then the whole site.

    With `arguments`, run only pytest with these.
    """
    bootstrap.prepare("test")
    environment = _with_node()
    pytest = [binaries.python(), "-m", "pytest"]
    if arguments:
        return _run_all([Check("site", [*pytest, *arguments], environment)])
    scripts = [str(path) for path in sorted(ROOT.glob("tests/js/*.test.mjs"))]
    on_sqlite = environment | {"TEST_DATABASE": "sqlite"}
    before = _run_together(
        [
            Check("SQLite", [*pytest, *IN_TIME, *SQLITE_TESTS], on_sqlite),
            Check("artifacts", [binaries.python(), "contracts/build_artifacts.py", "--check"], environment),
            _forge_test(),
            Check("page scripts", ["node", "--import", "./tests/js/served.mjs", "--test", *scripts], environment),
            Check("vendored scripts", ["node", "frontend/bundle.mjs", "--check"], environment),
        ]
    )
    return max(before, run_side_by_side([*pytest, *IN_TIME], environment))


def run_side_by_side(pytest: Sequence[str], environment: dict[str, str], folder: Path = ROOT) -> int:
    """Run all tests of the folder side by side, then the few that failed alone. Return the exit code.

    On a busy machine a real server may answer too late. What passes alone is named, so that somebody can mend it.
    """
    if _run_all([Check("site", [*pytest, *SIDE_BY_SIDE], environment, folder)]) == 0:
        return 0
    cache = folder / ".pytest_cache/v/cache/lastfailed"
    failed = list(json.loads(cache.read_text(encoding="utf-8"))) if cache.exists() else []
    if not 0 < len(failed) <= FEW_FAILED:
        return 1
    print("\n".join(["These failed beside others, and are run alone:", *failed]), flush=True)
    return _run_all([Check("site, alone", [*pytest, "--last-failed"], environment, folder)])


def test_long() -> int:
    """Run the tests that take minutes each, one after the other. They are marked `long`."""
    bootstrap.prepare("test")
    bootstrap.prepare_long_tests()
    return _run_all([Check("long tests", [binaries.python(), "-m", "pytest", "--long"], _with_node())])


def count() -> int:
    """Count clicks, fields, words, seconds, requests and bytes of people's tasks, and print them beside the goals."""
    bootstrap.prepare("test")
    files = [f"tests/browser/{name}.py" for name in ("test_way_in", "test_counts", "test_story")]
    return _run_all([Check("counts", [binaries.python(), "-m", "pytest", "-q", *files], _with_node())])


def contracts() -> int:
    bootstrap.prepare("test")
    build = [binaries.python(), "contracts/build_artifacts.py"]
    return _run_all([Check("artifacts", build, _with_node()), _forge_test()])


def walletconnect() -> int:
    bootstrap.prepare("lint")
    return _run_all([Check("bundle", ["node", "frontend/bundle.mjs"], _with_node())])


def _forge_test() -> Check:
    return Check("contracts", ["node", "run.cjs", "forge", "test"], _with_node(), ROOT / "contracts")


def _with_node() -> dict[str, str]:
    """Return the environment with our Node.js first on the PATH, where the compiler's shebang finds it."""
    folder = str(Path(binaries.node()).parent)
    return os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def _environment(settings: dict[str, str]) -> dict[str, str]:
    """Return a minimal environment plus `settings`, so that the site's own settings don't change the result."""
    plain = {name: os.environ[name] for name in PLAIN if name in os.environ}
    return plain | settings


def _run_all(checks: Sequence[Check]) -> int:
    """Run every check, even after one failed, and show its output meanwhile. Return the exit code."""
    return _sum_up([(check, _passes(check)) for check in checks])


def _run_together(checks: Sequence[Check]) -> int:
    """Run every check, one per processor at a time. Show the output of each once it ended. Return the exit code."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return _sum_up(list(zip(checks, pool.map(_passes_quietly, checks), strict=True)))


def _sum_up(results: Sequence[tuple[Check, bool]]) -> int:
    failed = [check.title for check, passed in results if not passed]
    if failed:
        print(f"\nFailed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def _passes(check: Check) -> bool:
    print(_heading(check), flush=True)
    started_at = time.monotonic()
    code = subprocess.run(check.command, cwd=check.folder, env=check.environment, check=False).returncode
    print(_result(check, code, started_at), flush=True)
    return code == 0


def _passes_quietly(check: Check) -> bool:
    started_at = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=check.folder,
        env=check.environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    print(f"{_heading(check)}\n{done.stdout}{_result(check, done.returncode, started_at)}", flush=True)
    return done.returncode == 0


def _heading(check: Check) -> str:
    return f"--- {check.title}: {' '.join(_short(word) for word in check.command)}"


def _result(check: Check, code: int, started_at: float) -> str:
    return f"--- {check.title}: {'ok' if code == 0 else f'FAILED ({code})'}, {time.monotonic() - started_at:.1f} s"


def _short(word: str) -> str:
    return word.removeprefix(f"{ROOT}/")
