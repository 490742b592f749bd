"""Another project tests with the kit, which it has by the package's entry point alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from localstack.binaries import ROOT
from nft.testing import plugin as of_nft
from profiles.testing import plugin as of_profiles
from tests.testing.host_run import HERE, run_pytest

FIXTURES = {
    "avatar_person",
    "avatar_client",
    "avatar_api",
    "avatar_picture",
    "avatar_store",
    "avatar_bucket",
    "avatar_s3",
    "avatar_jobs",
    "wallet",
    "contract_wallet",
    "wallet_browser",
    "wallet_client",
    "chain",
    "token",
    "ipfs",
}
GUIDE = (ROOT / "docs" / "extend" / "testing.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("chosen", "count"), [("mark_goes or lie or s3", 3), pytest.param("test", 6, marks=pytest.mark.long)]
)
def test_a_host_project_tests_uploads_tokens_lies_and_outages(chosen: str, count: int, tmp_path: Path) -> None:
    """On py-evm, moto and SQLite: what pip alone installs."""
    done = run_pytest(tmp_path, "-o", "avatar_chain_node=py-evm", "-k", chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^{count} passed", done.stdout, re.MULTILINE), done.stdout


def test_the_guide_shows_the_host_s_tests_as_they_run() -> None:
    assert (HERE / "host" / "test_avatars.py").read_text("utf-8") in GUIDE


def test_each_fixture_says_what_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    done = run_pytest(tmp_path, "--fixtures", "-v", "-p", "no:django")
    for name in FIXTURES:
        found = re.search(rf"^{name}( \[session scope\])? -- .*\n    (\S.*)", done.stdout, re.MULTILINE)
        assert found, f"{name}: {done.stdout[-3000:]}"
        assert "no docstring" not in found[2]
        assert f"`{name}`" in GUIDE


def test_without_the_extra_a_fixture_says_what_to_install(tmp_path: Path) -> None:
    project = tmp_path / "host"
    project.mkdir()
    (project / "test_it.py").write_text(
        "def test_person(avatar_person): pass\ndef test_wallet(wallet_client): pass\ndef test_s3(avatar_bucket): pass\n"
        "def test_nothing(): pass\n"
    )
    done = run_pytest(tmp_path, "-p", "no:django", without=("pytest_django", "eth_account", "moto"))
    assert "1 passed, 3 errors" in done.stdout, done.stdout + done.stderr
    for fixture, package in (("db", "pytest_django"), ("avatar_s3_server", "moto")):
        assert f"The fixture {fixture} needs {package}, which the extra `test` installs" in done.stdout


def test_pytest_starts_without_the_kit_and_without_django(tmp_path: Path) -> None:
    """Who does not use the kit pays nothing for it."""
    project = tmp_path / "host"
    project.mkdir()
    heavy = "{'django', 'web3', 'PIL', 'boto3', 'profiles.testing.people', 'nft.testing.chain'}"
    (project / "test_it.py").write_text(f"import sys\ndef test_it(): assert not {heavy} & set(sys.modules)\n")
    done = run_pytest(tmp_path, "-p", "no:django")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_entry_points_name_the_modules() -> None:
    """So that a project may also name them in `pytest_plugins`: pytest loads each once."""
    assert f'"{of_profiles.__name__}" = "{of_profiles.__name__}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'"{of_nft.__name__}" = "{of_nft.__name__}"' in (ROOT / "pyproject.toml").read_text("utf-8")
