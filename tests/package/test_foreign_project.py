"""Another project takes the built package by the documented steps, and its members use it in a browser."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from PIL import Image
from playwright.sync_api import Page

from localstack.binaries import ROOT
from localstack.processes import free_port
from tests.browser.wallet import KeyWallet
from tests.package.club import FILES, add_frame_and_form, found_club, open_club
from tests.package.conftest import Archives
from tests.package.environments import make_environment
from tests.package.matrix import CELLS, Cell
from tests.package.steps import Project, read_steps
from tests.servers.chain import start_chain
from tests.servers.places import Places

GUIDE = (ROOT / "docs/extend/django.md").read_text("utf-8")
FIRST_PICTURE = read_steps(GUIDE, "The first picture")
FIRST_NFT = read_steps(GUIDE, "The first NFT")
OF_THE_PEER = read_steps((Path(__file__).parent / "peer.md").read_text("utf-8"), "The first picture")
OPTIONAL = {"profiles.celery", "profiles.management.commands.prepare_bucket", "profiles.testing"}
"""What of `profiles` can be imported only with an extra: Celery, an object store, the test kit."""
IMPORT_ALL = """
import importlib, pkgutil, profiles
for module in pkgutil.walk_packages(profiles.__path__, "profiles."):
    if not module.name.startswith("profiles.static"):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError:
            print("needs more:", module.name)
"""
STRICT = """
MIDDLEWARE.insert(1, "django.middleware.csp.ContentSecurityPolicyMiddleware")
SECURE_CSP = {"default-src": ["'self'"], "img-src": ["'self'", "blob:", "data:"]}
"""
"""The policy that the guide says is enough, by Django 6's own means."""
RED, BLUE = (220, 40, 40), (40, 60, 220)
HERE = ".".join(platform.python_version_tuple()[:2])


def test_the_first_picture_takes_four_steps_and_the_first_nft_eight() -> None:
    assert 1 <= len(FIRST_PICTURE) <= 4
    assert len(FIRST_NFT) >= 1
    assert len(FIRST_PICTURE) + len(FIRST_NFT) <= 8


def test_a_first_picture_with_profiles_alone(archives: Archives, tmp_path: Path, page: Page) -> None:
    """One quick cell of the matrix, by a person who uses the club's own form and page."""
    project = install_club(tmp_path, Cell(HERE, "5.2", "sqlite"), archives, {})
    project.carry_out(FIRST_PICTURE)
    add_frame_and_form(project)
    with open_club(project, page) as ruth:
        ruth.signs_in()
        ruth.uploads_in_the_clubs_form(RED)
        ruth.sees_a_picture_of(RED)
        ruth.uploads_on_our_page(BLUE)
        ruth.sees_a_picture_of(BLUE)
        ruth.removes_it_in_the_clubs_form()


@pytest.mark.long
@pytest.mark.parametrize("cell", CELLS, ids=str)
@pytest.mark.usefixtures("database_server")
def test_pictures_then_an_nft(cell: Cell, archives: Archives, tmp_path: Path, places: Places, page: Page) -> None:
    chain = start_chain(places, free_port(), "--block-time", "1")
    try:
        shapes = chain.deploy("OnchainShapes")
        owner: LocalAccount = Account.create()
        chain.send(shapes.functions.mint(owner.address))
        entry = {"name": "Testnetz", "rpc_urls": [chain.url], "max_block_age": None, "collections": [shapes.address]}
        project = install_club(tmp_path, cell, archives, make_database(cell, places), NFT_CHAINS=repr({31337: entry}))
        project.carry_out(FIRST_PICTURE)
        add_frame_and_form(project)
        wallet = KeyWallet(chain.w3, owner)
        wallet.install(page.context)
        with open_club(project, page) as ruth:
            ruth.signs_in()
            ruth.uploads_in_the_clubs_form(RED)
            ruth.sees_a_picture_of(RED)
            ruth.uploads_on_our_page(BLUE)
            ruth.sees_a_picture_of(BLUE)
        assert not needing_an_extra(project) - OPTIONAL
        project.carry_out(FIRST_NFT)
        with open_club(project, page, "run_jobs") as ruth:
            ruth.signs_in()
            ruth.links(wallet)
            ruth.shows_the_nft("Orbits #1")
            seen = ruth.sees()
            assert page.locator(".avatar-hexagon").last.is_visible(), "the mark stands beside it"
        assert is_colorful(seen), "it shows the token, not a drawing of one color"
    finally:
        chain.running.kill()


@pytest.mark.long
def test_seconds_to_the_first_picture_beside_django_avatar(
    archives: Archives, tmp_path: Path, page: Page, record_property: Callable[[str, object], None]
) -> None:
    """Both in the same project, with the same upload; what differs is printed, for docs and changelog."""
    seconds = {}
    for name, steps in (("django-avatar", OF_THE_PEER), ("avatarsite", FIRST_PICTURE)):
        project = install_club(tmp_path / name, Cell(HERE, "5.2", "sqlite"), archives, {})
        started_at = time.monotonic()
        project.carry_out(steps)
        installed_at = time.monotonic()
        with open_club(project, page) as ruth:
            ruth.signs_in()
            if name == "avatarsite":
                ruth.uploads_on_our_page(RED)
            else:
                ruth.goes_to("/avatar/add/")
                ruth.chooses(page.locator("input[type=file]"), RED)
                with page.expect_navigation():
                    page.locator("[type=submit]").last.click()
            ruth.sees_a_picture_of(RED)
        seconds[name] = (len(steps), installed_at - started_at, time.monotonic() - started_at)
        page.context.clear_cookies()
    for name, (count, steps_took, all_took) in seconds.items():
        line = f"{name}: {count} steps, {steps_took:.1f} s, first picture after {all_took:.1f} s"
        record_property("first picture", line)
        print(line)  # noqa: T201 - with -s or in the report
    assert seconds["avatarsite"][0] <= seconds["django-avatar"][0]


def install_club(folder: Path, cell: Cell, archives: Archives, variables: dict[str, str], **values: str) -> Project:
    """Found the club on Django and a database. In the oldest cell, every dependency is there in its oldest version."""
    folder.mkdir(exist_ok=True)
    environment = make_environment(folder / "environment", cell.python)
    environment.install(f"django~={cell.django}.0", *(["psycopg[binary]"] if variables else []))
    if cell.oldest:
        environment.install(f"avatarsite[nft] @ {archives.wheel.as_uri()}", resolution="lowest-direct")
    project = found_club(folder / "club", environment, {"avatarsite": str(archives.wheel)}, values, variables)
    if cell.django >= "6":
        with (project.folder / FILES["mysite/settings.py"]).open("a", encoding="utf-8") as settings:
            settings.write(STRICT)
    return project


def make_database(cell: Cell, places: Places) -> dict[str, str]:
    """Make an empty database in the tests' server. Return the environment that leads the club to it."""
    if cell.database == "sqlite":
        return {}
    name = f"club_{str(cell).replace('.', '_').replace('-', '_')}"
    with psycopg.connect(host=str(places.postgres), user="app", dbname="avatarsite", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return {"CLUB_POSTGRES": str(places.postgres), "CLUB_DATABASE": name}


def needing_an_extra(project: Project) -> set[str]:
    """Return the modules of `profiles` that can't be imported in the project; those of the test kit count as one."""
    lines = project.manage("shell", "-c", IMPORT_ALL).splitlines()
    names = [line.removeprefix("needs more: ") for line in lines if line.startswith("needs more: ")]
    return {"profiles.testing" if name.startswith("profiles.testing") else name for name in names}


def is_colorful(picture: Image.Image) -> bool:
    colors = picture.resize((32, 32)).getcolors(1024) or []
    return len(colors) > 16
