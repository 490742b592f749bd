"""A CSV file names people and their pictures, however it was written, and leads nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError

from profiles import sources
from profiles.errors import ExpectedError
from profiles.imports.reports import COLUMNS
from profiles.models import Avatar, Profile
from profiles.sources import NOT_THERE
from profiles.testing.people import a_person, a_picture
from tests.profiles.imports.conftest import ImportAvatars, history

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(folder: Path) -> Path:
    """The file, beside whose folder of pictures nothing may be read."""
    for name in ("a.png", "b.png", "sub/c.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(a_picture())
    return folder / "people.csv"


def fetch_from_memory(address: str) -> bytes:
    if address.endswith("/none.png"):
        raise ExpectedError("The host has none.", NOT_THERE)
    if address.endswith("/refused.png"):
        raise ExpectedError("This address is refused.")
    return a_picture()


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t")])
def test_any_usual_form_is_read(
    encoding: str, delimiter: str, import_avatars: ImportAvatars, listed: Path, alice: Profile
) -> None:
    rows = [("Email", "Alt text", "Picture", "Date"), ("Alice@example.org", "Grün, im Boot", "a.png", "2019-05-31")]
    listed.write_text("\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows) + "\r\n\r\n", encoding)
    done = import_avatars("csv", listed)
    assert (done.code, done.counts) == (0, {"imported": 1})
    (avatar,) = history(alice)
    assert avatar.alt_text == "Grün, im Boot"
    assert avatar.created_at == avatar.chosen_at == datetime(2019, 5, 31, tzinfo=UTC)


def test_a_line_leads_nowhere_out_of_the_folder(import_avatars: ImportAvatars, listed: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(a_picture())
    (listed.parent / "link.png").symlink_to(tmp_path / "secret.png")
    places = ["../secret.png", str(tmp_path / "secret.png"), "link.png", "sub/../../secret.png", ".", "a\0.png", "~"]
    lines = [f"person{number},{place}" for number, place in enumerate(places)]
    for number in range(len(places)):
        a_person(f"person{number}")
    listed.write_text("user,file\n" + "\n".join(lines), "utf-8")
    done = import_avatars("csv", listed)
    assert done.counts == {"refused": 5, "no-user": 1, "missing": 1}
    assert done.outcome("line 7") == "no-user", "a line with NUL names nobody"
    assert not Avatar.objects.exists()


def test_lines_that_are_not_whole_are_refused_alone(
    import_avatars: ImportAvatars, listed: Path, alice: Profile, bob: Profile
) -> None:
    a_person("eve")
    listed.write_text("user,picture,date\nalice\nbob,b.png\neve,a.png,yesterday\n,a.png\nmallory,a.png,\n", "utf-8")
    done = import_avatars("csv", listed)
    assert done.outcome("line 2") == done.outcome("line 4") == "refused"
    assert done.outcome("line 3") == "imported"
    assert done.outcome("line 5") == done.outcome("line 6") == "no-user"
    assert len(history(bob)) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("user,file\nalice,a.png\nJörg,b.png\n".encode("cp1252"), "--encoding"),
        (b"name,file\nalice,a.png\n", "Missing: user"),
        (b"", "Missing: user, picture"),
        (b"user,file\nalice," + b"x" * 2_000_000, "can't be read"),
        (b"\xff\xfe\x00\xd8", "--encoding"),
    ],
)
def test_a_file_that_can_not_be_read_changes_nothing(
    content: bytes, told: str, import_avatars: ImportAvatars, listed: Path, alice: Profile
) -> None:
    listed.write_bytes(content)
    with pytest.raises(CommandError, match=told) as caught:
        import_avatars("csv", listed)
    assert caught.value.returncode == 2
    assert not Avatar.objects.exists()


def test_a_named_encoding_is_used(import_avatars: ImportAvatars, listed: Path, alice: Profile) -> None:
    listed.write_bytes("user,file,alt\nalice,a.png,Grün".encode("cp1252"))
    import_avatars("csv", listed, encoding="cp1252")
    assert history(alice)[0].alt_text == "Grün"
    with pytest.raises(CommandError, match="unknown encoding"):
        import_avatars("csv", listed, encoding="nonsense")


def test_web_addresses_go_through_the_fetcher_of_the_site(
    import_avatars: ImportAvatars, listed: Path, alice: Profile, bob: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_person("eve")
    lines = [
        "user,url",
        "alice,https://pictures.example/a.png",
        "bob,https://pictures.example/none.png",
        "eve,https://pictures.example/refused.png",
    ]
    listed.write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(sources, "_fetchers", [])
    without = import_avatars("csv", listed)
    assert without.counts == {"refused": 3}
    assert "register_picture_fetcher" in without.reason("line 2")
    sources.register_picture_fetcher(f"{__name__}.fetch_from_memory")
    done = import_avatars("csv", listed, retry_failed=True)
    assert [done.outcome(f"line {number}") for number in (2, 3, 4)] == ["imported", "none", "refused"]
    assert done.reason("line 4") == "This address is refused."


def test_the_report_is_safe_in_a_spreadsheet(
    import_avatars: ImportAvatars, listed: Path, tmp_path: Path, alice: Profile
) -> None:
    listed.write_text('user,file\n"=1+1",a.png\nalice,a.png\n', "utf-8")
    report = tmp_path / "report.csv"
    done = import_avatars("csv", listed, report=report)
    assert report.read_text("utf-8").splitlines()[:2] == [
        ",".join(COLUMNS),
        "line 2,'=1+1,a.png,,no-user,No user has this name.",
    ]
    assert report.stat().st_mode & 0o077 == 0
    assert "1  no-user" in done.out
    assert "2  in all" in done.out
