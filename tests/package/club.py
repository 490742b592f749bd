"""The rowing club of tests/package/foreign, running with a package that a page installed, and its members."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from localstack.processes import Program, Running, free_port
from tests.browser.people import Color, picture
from tests.package.environments import Environment, plain_environment
from tests.package.steps import Project

FOREIGN = Path(__file__).parent / "foreign"
FILES = {
    "settings.py": "club/settings.py",
    "urls.py": "club/urls.py",
    "forms.py": "people/forms.py",
    "member.html": "templates/people/member.html",
}
EMAIL, PASSWORD = "ruth@ruderclub.example", "neun-boote-im-schilf"
MAKE_MEMBER = f"""
from django.contrib.auth import get_user_model
print(get_user_model().objects.create_user({EMAIL!r}, {PASSWORD!r}).pk)
"""
PATIENCE = 30_000
"""In milliseconds: other tests run beside these."""


def found_club(folder: Path, environment: Environment, sources: dict[str, str], **variables: str) -> Project:
    """Copy the project as it is before anything is installed."""
    shutil.copytree(FOREIGN, folder)
    return Project(folder, environment, FILES, sources, variables)


@dataclass
class Member:
    """Ruth, with her browser at the club's site."""

    url: str
    id: str
    page: Page

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/anmelden/?next=/mitglied/")
        self.page.locator("input[name=username]").fill(EMAIL)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.get_by_role("button", name="Anmelden").click()
        expect(self.page.get_by_role("heading", name=EMAIL)).to_be_visible()

    def choose(self, field: Locator, color: Color) -> None:
        field.set_input_files({"name": "ruth.png", "mimeType": "image/png", "buffer": picture(color)})

    def sees_a_picture_of(self, color: Color) -> None:
        """Open the club's own page of her, and look at the picture there."""
        self.page.goto(f"{self.url}/mitglied/{self.id}/")
        image = self.page.locator("main img").first
        expect(image).to_be_visible()
        source = str(image.evaluate("image => image.currentSrc || image.src"))
        with Image.open(io.BytesIO(self.page.request.get(source).body())) as shown:
            pixel = shown.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
        assert isinstance(pixel, tuple)
        is_near = all(abs(part - half / 2) < 24 for part, half in zip(pixel, color, strict=True))
        assert is_near, f"{source} shows {pixel}, not the middle of a gradient to {color}"


@contextmanager
def open_club(project: Project, page: Page) -> Iterator[Member]:
    """Start the club's server on a free port, and hand out a member who has not signed in yet."""
    member_id = project.manage("shell", "-c", MAKE_MEMBER).split()[-1]
    port, url = free_port(), ""
    command = [project.environment.python, "manage.py", "runserver", "--noreload", f"localhost:{port}"]
    log = project.folder / "server.log"
    running = Running(Program("club", command, log, plain_environment() | project.variables, folder=project.folder))
    url = f"http://localhost:{port}"
    try:
        running.wait_until(lambda: _answers(f"{url}/anmelden/"), 60)
        page.set_default_timeout(PATIENCE)
        yield Member(url, member_id, page)
        faults = re.findall(r'^.*(?:Traceback|" 5\d\d ).*$', log.read_text("utf-8"), re.MULTILINE)
        assert not faults, log.read_text("utf-8")
    finally:
        running.stop(5)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except OSError:
        return False
