"""The rowing club of tests/package/foreign, running with a package that a page installed, and its members."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from localstack.processes import Program, Running, free_port, tail
from tests.browser.people import Color, picture
from tests.browser.wallet import KeyWallet
from tests.package.environments import Environment, plain_environment
from tests.package.steps import Project

HERE = Path(__file__).parent
FILES = {
    "mysite/settings.py": "club/settings.py",
    "mysite/urls.py": "club/urls.py",
    "templates/profile.html": "templates/people/profile.html",
}
EMAIL, PASSWORD = "ruth@ruderclub.example", "neun-boote-im-schilf"
MAKE_MEMBER = f"""
from django.contrib.auth import get_user_model
members = get_user_model().objects
members.filter(email={EMAIL!r}).exists() or members.create_user({EMAIL!r}, {PASSWORD!r})
"""
FAULT = re.compile(r'^.*(?:Traceback|" 5\d\d ).*$', re.MULTILINE)
PATIENCE = 60_000
"""In milliseconds: other tests run beside these."""


def found_club(
    folder: Path,
    environment: Environment,
    packages: Mapping[str, str],
    values: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Project:
    """Copy the project as it is before anything is installed. It has a sign-in of its own, so it keeps LOGIN_URL."""
    shutil.copytree(HERE / "foreign", folder)
    own = {"LOGIN_URL": '"/anmelden/"', "SITE_ORIGIN": f'"http://localhost:{free_port()}"', **(values or {})}
    return Project(folder, environment, FILES, own, packages, variables or {})


def add_frame_and_form(project: Project) -> None:
    """Put our pages into the club's frame, and the picture into its own form."""
    shutil.copytree(HERE / "framed", project.folder, dirs_exist_ok=True)


@dataclass
class Member:
    """Ruth, with her browser at the club's site."""

    url: str
    page: Page

    def goes_to(self, path: str) -> None:
        self.page.goto(self.url + path)

    def signs_in(self) -> None:
        self.goes_to("/anmelden/?next=/mitglied/")
        self.page.locator("input[name=username]").fill(EMAIL)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.press("Anmelden")
        expect(self.page.get_by_role("heading", name=EMAIL)).to_be_visible()

    def press(self, button: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button).click()

    def chooses(self, field: Locator, color: Color) -> None:
        field.set_input_files({"name": "ruth.png", "mimeType": "image/png", "buffer": picture(color)})

    def uploads_in_the_clubs_form(self, color: Color) -> None:
        self.goes_to("/mitglied/")
        self.chooses(self.page.get_by_label("Bild:"), color)
        self.press("Speichern")

    def uploads_on_our_page(self, color: Color) -> None:
        self.goes_to("/pictures/settings/picture/")
        expect(self.page.get_by_label("Drehen", exact=True)).to_be_hidden()  # it is for browsers without scripts
        self.chooses(self.page.locator("input[type=file]").first, color)
        self.press("Hochladen und verwenden")

    def removes_it_in_the_clubs_form(self) -> None:
        self.goes_to("/mitglied/")
        self.page.get_by_label("Bild entfernen").check()
        self.press("Speichern")
        expect(self.page.get_by_label("Bild entfernen")).to_have_count(0)

    def links(self, wallet: KeyWallet) -> None:
        self.goes_to("/pictures/settings/wallets/")
        self.press(f"Mit {wallet.name} verknüpfen")
        expect(self.page.get_by_text(wallet.address).first).to_be_visible()
        assert not re.search(r"\b(?:now|ago)\b", self.page.locator("main").inner_text()), "it is all German"

    def shows_the_nft(self, name: str) -> None:
        """Choose a token in the gallery, which fills while jobs run, and wait until its ownership is verified."""
        self.goes_to("/pictures/settings/tokens/")
        card = self.page.get_by_role("listitem").filter(has=self.page.get_by_role("heading", name=name))
        expect(card.locator("img")).to_be_visible(timeout=PATIENCE)
        card.get_by_role("button", name="als mein Bild").click()
        expect(self.page.get_by_role("heading", name="Das ist jetzt dein Bild")).to_be_visible(timeout=PATIENCE)

    def sees(self) -> Image.Image:
        """Return the picture that the club's own page shows of her."""
        self.goes_to("/mitglied/")
        image = self.page.locator("main img").last
        expect(image).to_be_visible()
        answer = self.page.request.get(str(image.evaluate("image => image.currentSrc")))
        assert answer.ok, f"{answer.url}: {answer.status}"
        with Image.open(io.BytesIO(answer.body())) as shown:
            return shown.convert("RGB")

    def sees_a_picture_of(self, color: Color) -> None:
        pixel = self.sees().resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
        assert isinstance(pixel, tuple)
        is_near = all(abs(part - full / 2) < 24 for part, full in zip(pixel, color, strict=True))
        assert is_near, f"{pixel} is not the mean of a gradient from black to {color}"


@contextmanager
def open_club(project: Project, page: Page, *commands: str) -> Iterator[Member]:
    """Start the club's server, and commands such as "run_jobs" beside it. Hand out a member, not signed in yet."""
    project.manage("shell", "-c", MAKE_MEMBER)
    url = project.values["SITE_ORIGIN"].strip('"')
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    with ExitStack() as at_the_end:
        server = _start(project, "runserver", "--noreload", url.removeprefix("http://"))
        at_the_end.callback(server.stop, 5)
        for command in commands:
            at_the_end.callback(_start(project, command).stop, 5)
        server.wait_until(lambda: _answers(f"{url}/anmelden/"), 60)
        try:
            yield Member(url, page)
        except Exception as error:
            lines = [line for path in project.folder.glob("*.log") for line in (path.name, *tail(path, 40))]
            error.add_note("\n".join([page.url, page.locator("body").inner_text(), *lines]))
            raise
    logs = {path.name: path.read_text("utf-8") for path in project.folder.glob("*.log")}
    assert not [text for text in logs.values() if FAULT.search(text)], logs
    assert not [text for text in complaints if "Failed to load resource" not in text]


def _start(project: Project, command: str, *arguments: str) -> Running:
    words = [project.environment.python, "manage.py", command, *arguments]
    environment = plain_environment() | dict(project.variables)
    return Running(Program(command, words, project.folder / f"{command}.log", environment, folder=project.folder))


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except OSError:
        return False
