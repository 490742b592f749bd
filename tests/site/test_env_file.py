"""The env file means the same to a shell, systemd and Compose; what would not is refused with its line."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import dotenv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatarsite.env_file import PLACE, parse_env_file
from localstack.binaries import ROOT

CHAINS = {"1": {"name": "Ethereum", "rpc_urls": ["https://one.example/?a=b&c=d"], "confirmed": "finalized"}}
TRICKY = {
    "NFT_CHAINS": json.dumps(CHAINS),
    "DEFAULT_FROM_EMAIL": "The site <no-reply@avatars.example>",
    "DATABASE_URL": "postgresql://avatarsite:p%40ss@127.0.0.1:5432/avatarsite",
    "SECRET_KEY": 'a$b $HOME $(id) `id` #c ;d !e &f |g *h ?i [j] {k} ~l "m" %n %% =o',
    "SPACES": "  both ends  ",
    "EMPTY": "",
    "WORDS": "1 8453, 10",
    "NON_ASCII": "Bilder für alle, 写真",
    "TILDE": "~/x:~/y",
}


def written(values: dict[str, str]) -> str:
    return "# a comment\n\n" + "".join(f"{name}='{value}'\n" for name, value in values.items())


def read_by_shell(shell: str, file: Path) -> dict[str, str]:
    names = parse_env_file(file.read_text()).values
    code = 'set -eu; set -a; . "$1"; exec "$2" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    command = [shell, "-c", code, shell, str(file), sys.executable]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"}, timeout=30)
    return {name: value for name, value in json.loads(answer.stdout).items() if name in names}


def read_by_compose(text: str) -> dict[str, str | None]:
    """As Compose 1 and podman-compose do.

    tests/infra/test_deploy_guide.py tries Compose 2 and systemd, which it installs and starts.
    """
    return dict(dotenv.dotenv_values(stream=io.StringIO(text), interpolate=True))


def test_every_reader_finds_the_same_values(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(written(TRICKY), encoding="utf-8")
    assert parse_env_file(file.read_text()).bad_lines == []
    assert parse_env_file(file.read_text()).values == TRICKY
    for shell in ("sh", "bash", "dash"):
        if shutil.which(shell):
            assert read_by_shell(shell, file) == TRICKY
    assert read_by_compose(file.read_text()) == TRICKY


VALUES = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=60)


@given(VALUES)
def test_what_is_accepted_means_the_same_to_compose_and_the_shell(value: str) -> None:
    text = f"NAME='{value}'\n"
    found = parse_env_file(text)
    if found.bad_lines:
        assert set("'\\") & set(value) or "${" in value
    else:
        assert found.values == {"NAME": value} == read_by_compose(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_what_is_accepted_without_quotes_means_the_same(value: str) -> None:
    text = f"NAME={value}\n"
    found = parse_env_file(text)
    if not found.bad_lines:
        assert found.values == read_by_compose(text)
        command = ["sh", "-c", f'{text}printf %s "$NAME"']
        assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == found.values["NAME"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('NFT_CHAINS={"1": {}}', "single quotes"),
        ("DEFAULT_FROM_EMAIL=Site <a@b.example>", "single quotes"),
        ('NAME="double"', "single quotes"),
        ("NAME=a$b", "single quotes"),
        ("NAME=~/x", "single quotes"),
        ("NAME=value # a comment", "single quotes"),
        ("NAME='value' # a comment", "nothing after it"),
        ("NAME='two\nlines'", "nothing after it"),
        ("NAME='it's'", "NAME_FILE"),
        ("NAME='a\\b'", "NAME_FILE"),
        ("NAME='${OTHER}'", "NAME_FILE"),
        ("export NAME=1", "no “export”"),
        ("NAME =1", "no space"),
        (" NAME=1", "no space"),
        ("NAME='x'\r", "no CR"),
        ("NAME", "no setting"),
        ("NAME=1\nNAME=2", "Keep one"),
        ("\ufeffNAME=1", "does not start with a name"),
    ],
)
def test_a_line_that_readers_disagree_on_is_refused_with_its_mend(line: str, says: str) -> None:
    found = parse_env_file(f"FIRST=1\n{line}\n")
    assert found.bad_lines
    assert says in str(found.bad_lines[0])
    assert str(found.bad_lines[0]).startswith(("line 2", "line 3"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "avatarsite.env_file", *arguments]
    plain = {name: value for name, value in os.environ.items() if name not in TRICKY}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=plain, timeout=30)


def test_the_program_checks_and_runs_commands(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(written(TRICKY), encoding="utf-8")
    assert f"{len(TRICKY)} settings" in run(str(file)).stdout
    shown = run(str(file), "--", sys.executable, "-c", "import os; print(os.environ['SECRET_KEY'])")
    assert shown.stdout.removesuffix("\n") == TRICKY["SECRET_KEY"]


def test_the_program_names_the_line_and_never_the_value(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("A=1\nSECRET_KEY=top secret\n")
    answer = run(str(file), "--", "true")
    assert answer.returncode == 1
    assert f"{file}, line 2, SECRET_KEY" in answer.stderr
    assert "top secret" not in answer.stderr
    assert run(str(tmp_path / "absent")).returncode == 2
    assert run().returncode == 2


def test_units_and_the_wrapper_read_the_same_file() -> None:
    units = list((ROOT / "deploy" / "systemd").glob("*.service"))
    assert units
    for unit in units:
        assert f"EnvironmentFile={PLACE}\n" in unit.read_text("utf-8"), unit.name
    assert f"-m avatarsite.env_file {PLACE} -- " in (ROOT / "deploy" / "avatarsite").read_text("utf-8")


def test_the_settings_of_compose_are_in_this_format() -> None:
    found = parse_env_file((ROOT / "deploy" / "env.compose").read_text("utf-8"))
    assert found.bad_lines == []
    assert found.values["SITE_ORIGIN"] == "http://localhost:8080"
