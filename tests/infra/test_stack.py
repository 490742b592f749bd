"""The local stack's configuration, and its errors for invalid values."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localstack.bytecode import keep_bytecode
from localstack.drawings import draw_creature, draw_hills
from localstack.stack import StackError, read_env_file, read_stack


def test_defaults_are_for_one_machine(tmp_path: Path) -> None:
    stack = read_stack({"DATA_DIR": str(tmp_path)}, tmp_path / "none")
    assert (stack.web_port, stack.chain_port, stack.origin) == (8000, 8545, "http://localhost:8000")
    assert stack.environment["REDIS_URL"] == f"unix://{tmp_path}/redis.sock"
    assert stack.environment["LOCAL_STACK"] == "1"


def test_another_port_changes_the_sites_own_address() -> None:
    assert read_stack({"AVATARSITE_PORT": "9000"}).environment["SITE_ORIGIN"] == "http://localhost:9000"


@pytest.mark.parametrize("port", ["0", "65536", "eight", "-1", "80 80", "٨٠٠٠"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(StackError, match="AVATARSITE_PORT is"):
        read_stack({"AVATARSITE_PORT": port})


def test_a_redis_of_the_persons_own_is_used(tmp_path: Path) -> None:
    stack = read_stack({"REDIS_URL": "redis://localhost:6379/3"}, tmp_path / "none")
    assert stack.redis_socket is None
    assert stack.environment["REDIS_URL"] == "redis://localhost:6379/3"


def test_a_socket_path_too_long_for_the_system_goes_elsewhere(tmp_path: Path) -> None:
    stack = read_stack({"DATA_DIR": str(tmp_path / ("deep" * 30))}, tmp_path / "none")
    assert stack.redis_socket is not None
    assert len(str(stack.redis_socket)) < 100
    assert stack.redis_socket.parent.stat().st_mode & 0o777 == 0o700
    stack.redis_socket.parent.rmdir()


def test_an_env_file_gives_values_that_the_environment_overrules(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('# where objects lie\nexport S3_BUCKET="mine"\nAVATARSITE_PORT = 9000  # web\n')
    assert read_env_file(file) == {"S3_BUCKET": "mine", "AVATARSITE_PORT": "9000"}
    assert read_stack({"AVATARSITE_PORT": "9001"}, file).web_port == 9001


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("N=", None),
        ("N=   # nothing", None),
        ("N=a b", "a b"),
        ("N=a#b # c", "a#b"),
        ("N='a # b'  # c", "a # b"),
        ('N=""', None),
        ('N={"1": {}}', '{"1": {}}'),
    ],
)
def test_values_of_an_env_file_are_read_as_people_mean_them(tmp_path: Path, line: str, value: str | None) -> None:
    (tmp_path / ".env").write_text(line + "\n")
    assert read_env_file(tmp_path / ".env") == ({"N": value} if value else {})


def test_a_line_of_the_env_file_that_says_nothing_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("S3_BUCKET=mine\nwhat is this\n")
    with pytest.raises(StackError, match=r"Line 2 of .*\.env is not NAME=value"):
        read_env_file(file)


def test_the_same_seed_draws_the_same_bytes() -> None:
    for draw in (draw_creature, draw_hills):
        assert draw("one") == draw("one") != draw("two")


def test_what_we_start_keeps_its_bytecode_in_one_folder_even_if_the_environment_keeps_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, source = tmp_path / "kept", tmp_path / "source"
    source.mkdir()
    (source / "thing.py").write_text("", encoding="utf-8")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(kept))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    keep_bytecode()
    assert (sys.dont_write_bytecode, sys.pycache_prefix) == (False, str(kept))
    subprocess.run([sys.executable, "-c", "import thing"], cwd=source, check=True)
    assert [path.parent for path in kept.rglob("thing.*.pyc")] == [kept.joinpath(*source.parts[1:])]
    assert [path.name for path in source.iterdir()] == ["thing.py"]
