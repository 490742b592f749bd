"""Archives that do not prove their file: script, page and command refuse every one, and bound their work."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command

from localstack import binaries
from localstack.binaries import ROOT
from tests.kit.archives import Archive, dishonest, honest
from tests.kit.verifier import STATIC, load

HONEST, DISHONEST = list(honest()), list(dishonest())


def by_script(archive: Archive, folder: Path) -> tuple[int, str, str]:
    """Run the script in this process."""
    file, out, error = folder / "a.car", io.StringIO(), io.StringIO()
    file.write_bytes(archive.data)
    arguments = [str(file), f"{archive.root}/{archive.path}", "-o", str(folder / "out")]
    with redirect_stdout(out), redirect_stderr(error):
        code = load("verify_car").main(arguments)
    return code, out.getvalue(), error.getvalue()


def by_page(archives: Sequence[Archive]) -> list[str]:
    """Verify with the page's modules, in Node."""
    lines = [
        json.dumps(
            {
                "archive": base64.b64encode(each.data).decode(),
                "root": str(each.root),
                "path": each.path,
                "sha256": hashlib.sha256(each.content).hexdigest(),
            }
        )
        for each in archives
    ]
    scripts = ROOT / "tests" / "js"
    command = [binaries.node(), "--import", str(scripts / "served.mjs"), str(scripts / "verify-archives.mjs")]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def by_command(archive: Archive, folder: Path) -> str:
    file, out = folder / "a.car", io.StringIO()
    file.write_bytes(archive.data)
    uri = f"ipfs://{archive.root}/{quote(archive.path)}"
    call_command("verify_cid", uri, car=file, output=folder / "out", stdout=out, no_color=True)
    return out.getvalue()


def test_honest_archives_are_proved_by_all_three(tmp_path: Path) -> None:
    for archive in HONEST:
        code, out, error = by_script(archive, tmp_path)
        assert (code, error) == (0, ""), archive.name
        assert hashlib.sha256(archive.content).hexdigest() in out
        assert (tmp_path / "out").read_bytes() == archive.content
        assert hashlib.sha256(archive.content).hexdigest() in by_command(archive, tmp_path)
    assert by_page(HONEST) == ["match"] * len(HONEST)


def test_no_dishonest_archive_is_proved_by_the_script(tmp_path: Path) -> None:
    assert len(DISHONEST) > 150
    said = {archive.name: by_script(archive, tmp_path) for archive in DISHONEST}
    assert {name: found for name, found in said.items() if found[:2] != (1, "")} == {}
    assert {name: found for name, found in said.items() if not found[2].startswith("NOT PROVED: ")} == {}
    assert all(error.isascii() and error.count("\n") == 1 for _, _, error in said.values())
    assert not (tmp_path / "out").exists()


def test_no_dishonest_archive_is_proved_by_the_page() -> None:
    said = {archive.name: line for archive, line in zip(DISHONEST, by_page(DISHONEST), strict=True)}
    assert {name: line for name, line in said.items() if not line.startswith("no match: ")} == {}


def test_no_dishonest_archive_is_proved_by_the_command(tmp_path: Path) -> None:
    for archive in DISHONEST:
        with pytest.raises(CommandError, match=r"^Not proved\. ") as refused:
            pytest.fail(f"{archive.name}: {by_command(archive, tmp_path)}")
        assert refused.value.returncode == 1, archive.name
        assert not (tmp_path / "out").exists()


def test_the_program_says_the_same_as_its_module(tmp_path: Path) -> None:
    for archive in DISHONEST[::25]:
        (tmp_path / "a.car").write_bytes(archive.data)
        command = [sys.executable, "-I", "-S", str(STATIC / "verify_car.py"), str(tmp_path / "a.car")]
        done = subprocess.run([*command, f"{archive.root}/{archive.path}"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == by_script(archive, tmp_path), archive.name


@pytest.mark.parametrize(
    "cid", ["", "b", "z", "x" * 100, "Qm" + "1" * 44, "b" + "a" * 100_000, "bafy\n", "zQm" + "1" * 44]
)
def test_what_is_no_cid_proves_nothing(cid: str, tmp_path: Path) -> None:
    (tmp_path / "a.car").write_bytes(HONEST[0].data)
    error = io.StringIO()
    with redirect_stderr(error):
        assert load("verify_car").main([str(tmp_path / "a.car"), "--", cid]) == 1
    assert len(error.getvalue()) < 700


def test_an_archive_that_cannot_be_read_is_no_verdict(tmp_path: Path) -> None:
    root = HONEST[0].root
    for source in (tmp_path / "gone.car", tmp_path, Path("/proc/self/mem")):
        with redirect_stderr(io.StringIO()) as error:
            assert load("verify_car").main([str(source), str(root)]) == 2
        assert error.getvalue().startswith("UNREADABLE: ")
        with pytest.raises(CommandError, match=r"^Not checked\. ") as refused:
            call_command("verify_cid", str(root), car=source)
        assert refused.value.returncode == 3


def test_an_endless_archive_is_read_to_a_limit() -> None:
    with redirect_stderr(io.StringIO()) as error:
        assert load("verify_car").main(["/dev/zero", str(HONEST[0].root)]) == 1
    assert "larger than" in error.getvalue()
    with pytest.raises(CommandError, match=r"^Not proved\. "):
        call_command("verify_cid", str(HONEST[0].root), car=Path("/dev/zero"))


def test_a_file_that_cannot_be_written_is_said_to_be_so(tmp_path: Path) -> None:
    archive = HONEST[0]
    (tmp_path / "a.car").write_bytes(archive.data)
    gone = tmp_path / "gone" / "out"
    with redirect_stderr(io.StringIO()) as error, redirect_stdout(io.StringIO()) as out:
        assert load("verify_car").main([str(tmp_path / "a.car"), str(archive.root), "-o", str(gone)]) == 2
    assert (out.getvalue(), error.getvalue()[:24]) == ("", "PROVED, BUT NOT WRITTEN:")
    with pytest.raises(CommandError, match="not written") as refused:
        call_command("verify_cid", str(archive.root), car=tmp_path / "a.car", output=gone)
    assert refused.value.returncode == 2
