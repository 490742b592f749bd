"""The documentation's links and paths lead somewhere, its lists are those of the code, and the README stays short."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import get_resolver, resolve

from avatarsite import reference
from avatarsite.checks import RENAMED
from localstack import docs_site
from localstack.binaries import ROOT
from nft.settings import NftSettings
from profiles.programs.explanations import get_explanations

LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"\bdocs/[\w./-]+\.(?:md|svg|webp)\b")
CODE = re.compile(r"`([^`\n]+)`")
FOLDERS = "|".join(sorted(re.escape(path.name) for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."))
# A file or folder of this repository. What else stands between backticks, such as a command, is no path.
CODE_PATH = re.compile(rf"(?:{FOLDERS})/[\w./@-]*")
DOTTED = re.compile(r"(?:avatarsite|users|nft|profiles)(?:\.[A-Za-z_]\w*)+")
CHECK = re.compile(r"\b(?:avatarsite|users|nft|profiles)\.[EW]\d{3}\b")
GAUGE = re.compile(r"(?:Gauge\(|Metric\(|_add\(families, )\"(\w+)\"")
APPS = ("avatarsite", "users", "nft", "profiles")
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "contracts" / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
OTHERS = [".env.example", "Makefile"]
# The changelog names what once was.
TODAY = [page for page in PAGES if page.name != "CHANGELOG.md"]
NO_ROOMS = {"migrations", "management", "templatetags"}
README_LINES = 80


def place(path: Path) -> str:
    return str(path.relative_to(ROOT))


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges build them."""
    found = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def code_of(page: Path) -> list[str]:
    """Return what stands between backticks in a line. Blocks of code are left out."""
    return CODE.findall(re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL))


def sources() -> list[str]:
    """Return the text of every module of the four apps."""
    return [path.read_text("utf-8") for app in APPS for path in (ROOT / app).rglob("*.py")]


def is_in_code(dotted: str) -> bool:
    """Tell whether a dotted name is a module of ours, or a name that such a module defines."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:end])
        file = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
        if not file.is_file():
            continue
        if end == len(parts):
            return True
        defined = rf"^(?:def|class) {parts[end]}\b|^{parts[end]}\b.* = "
        return re.search(defined, file.read_text("utf-8"), re.MULTILINE) is not None
    return False


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]
    for path, _, anchor in (target.partition("#") for target in targets):
        file = page.parent / path if path else page
        assert file.exists(), f"{path} does not exist"
        assert not anchor or anchor in headings(file), f"{path} has no heading #{anchor}"


@pytest.mark.parametrize("page", TODAY, ids=place)
def test_every_path_exists(page: Path) -> None:
    """Templates and static files go by the names that Django gives them."""
    paths = [code for code in code_of(page) if CODE_PATH.fullmatch(code)]
    roots = [ROOT, *ROOT.glob("*/templates"), *ROOT.glob("*/static")]
    assert [path for path in paths if not any((root / path).exists() for root in roots)] == []


@pytest.mark.parametrize("page", TODAY, ids=place)
def test_every_dotted_name_is_in_the_code(page: Path) -> None:
    names = [code for code in code_of(page) if DOTTED.fullmatch(code) and not CHECK.fullmatch(code)]
    models = {match.lower() for text in sources() for match in re.findall(r"^class (\w+)\(", text, re.MULTILINE)}
    assert [each for each in names if not is_in_code(each) and each.partition(".")[2] not in models] == []


def test_a_path_or_a_name_that_is_gone_is_found() -> None:
    assert CODE_PATH.fullmatch("profiles/gone.py")
    assert CODE_PATH.fullmatch("src/AvatarToken.sol") is None
    assert is_in_code("profiles.sources.register_source")
    assert is_in_code("profiles.jobs")
    assert not is_in_code("profiles.sources.register_gone")
    assert not is_in_code("profiles.gone")


@pytest.mark.parametrize("name", OTHERS)
def test_pages_that_other_files_name_exist(name: str) -> None:
    assert [path for path in PATH.findall((ROOT / name).read_text("utf-8")) if not (ROOT / path).exists()] == []


def test_the_index_lists_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / target).resolve() for target in LINK.findall(index.read_text("utf-8"))}
    assert {page for page in ROOT.glob("docs/*/*.md") if page.resolve() not in listed} == set()


def test_the_architecture_lists_every_room() -> None:
    code = set(code_of(ROOT / "docs" / "explain" / "architecture.md"))
    rooms = {path.parent for app in ("nft", "profiles") for path in (ROOT / app).glob("*/__init__.py")}
    assert {place(room) for room in rooms if room.name not in NO_ROOMS} - code == set()


@pytest.mark.parametrize("app", ["nft", "profiles"])
def test_the_architecture_has_the_layers_of_the_import_contracts(app: str) -> None:
    page = (ROOT / "docs" / "explain" / "architecture.md").read_text("utf-8")
    block = page.partition(f"`{app}`, from top to bottom:\n\n")[2].partition("\n\n")[0]
    shown = [re.split(r" \| ", re.split(r" {2,}", line.strip())[0]) for line in block.splitlines()]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each.get("containers") == [app])
    assert shown == [layer.split(" | ") for layer in layers]


def test_the_settings_page_lists_every_check_and_every_renamed_setting() -> None:
    page = (ROOT / "docs" / "operate" / "settings.md").read_text("utf-8")
    in_code = {found for text in sources() for found in re.findall(rf"id=\"({CHECK.pattern})\"", text)}
    assert set(CHECK.findall(page)) == in_code
    renamed = page.partition("## Renamed settings")[2].partition("## Checks")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|$", renamed, re.MULTILINE)) == RENAMED


def test_checks_that_pages_name_exist() -> None:
    in_code = {found for text in sources() for found in CHECK.findall(text)}
    assert {found for page in TODAY for found in CHECK.findall(page.read_text("utf-8"))} - in_code == set()


def test_pages_that_projects_link_to_have_the_names_that_are_documented() -> None:
    text = "\n".join(page.read_text("utf-8") for page in sorted((ROOT / "docs/extend").glob("*.md")))
    named = set(re.findall(r"`((?:profiles|nft):\w+)`", text))
    assert len(named) > 10
    assert not [name for name in named if name not in names_of_pages()]


def names_of_pages() -> set[str]:
    apps = {app: get_resolver(f"{app}.urls").reverse_dict for app in ("profiles", "nft")}
    return {f"{app}:{name}" for app, names in apps.items() for name in names if isinstance(name, str)}


def test_the_monitoring_page_lists_every_gauge() -> None:
    page = (ROOT / "docs" / "operate" / "monitoring.md").read_text("utf-8")
    in_code = {f"avatarsite_{found}" for text in sources() for found in GAUGE.findall(text)}
    assert set(re.findall(r"\bavatarsite_\w+", page)) == in_code


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= README_LINES


# --- the site of the documentation ------------------------------------------------------------------------------------
def test_the_navigation_leads_to_every_page_once() -> None:
    named = docs_site.pages()
    assert len(named) == len(set(named))
    written = {f"docs/reference/{name}" for name in reference.PAGES}
    there = {place(page).removesuffix(".md") for page in ROOT.glob("docs/**/*.md")} - {"docs/README"}
    assert {page for page in named if page.startswith("docs/")} == there | written
    assert [page for page in set(named) - written if not (ROOT / f"{page}.md").exists()] == []


def test_files_that_pages_link_to_are_on_the_site() -> None:
    assert {Path(".env.example"), Path("deploy/nginx.conf")} <= set(docs_site.linked_files())


@pytest.mark.parametrize(
    ("text", "is_foreign"),
    [
        ('<script src="https://cdn.example/x.js"></script>', True),
        ('<link rel="stylesheet" href="//fonts.example/css">', True),
        ('<img alt="" src="https://badges.example/a.svg">', True),
        ('<a href="https://example.org/">away</a><script src="_static/a.js"></script>', False),
    ],
)
def test_what_a_page_loads_from_elsewhere_is_found(text: str, is_foreign: bool, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(text, "utf-8")
    assert bool(list(docs_site.foreign(tmp_path))) == is_foreign


def test_a_style_that_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@import url(https://fonts.example/a.css); a { background: url(b.png) }", "utf-8")
    assert len(list(docs_site.foreign(tmp_path))) == 1


# --- the reference ----------------------------------------------------------------------------------------------------
def test_the_reference_of_settings_has_a_meaning_for_each() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", reference.settings_page(), re.MULTILINE)
    assert {"AVATAR_MARK_MAX_AGE", "AVATAR_UNDO_SECONDS", "SITE_NAME", "NFT_WATCH_PERIOD"} <= {row[0] for row in rows}
    assert len(rows) > 50
    comments = reference.comments_of_fields(NftSettings)
    assert comments["proof_sample"] == "How many shown marks of each chain are proved anew each day, chosen by chance."


def test_the_reference_has_every_command_signal_tag_and_problem() -> None:
    ours = [name for name, app in get_commands().items() if str(app).split(".")[0] in APPS]
    commands = re.findall(r"^## (\w+)$", reference.commands_page(), re.MULTILINE)
    assert commands == sorted(ours)
    signals = reference.signals_page()
    assert re.findall(r"\| `handle_changed` \| Sent in the transaction", signals)
    assert "`account_changed`" in signals
    assert "`{% avatar %}`" in reference.tags_page()
    problems = re.findall(r"^\| `([a-z0-9-]+)` \|", reference.problems_page(), re.MULTILINE)
    assert get_explanations().keys() ^ set(problems) == set()
    assert problems == sorted(set(problems))


def test_the_reference_of_the_api_is_its_document() -> None:
    page = reference.api_page()
    assert re.search(r"^\| `PUT \S*/me/picture` \| `putPicture` \| ", page, re.MULTILINE)


# --- the tutorial -----------------------------------------------------------------------------------------------------
TUTORIAL = ROOT / "docs" / "tutorial.md"


def test_the_commands_of_the_tutorial_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    lines = re.findall(r"^```sh\n(.*?)\n```$", TUTORIAL.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(lines) == 4
    for program, *arguments in map(shlex.split, lines):
        if program == "make":
            assert set(arguments) <= targets
        else:
            assert program == "curl"
            resolve(arguments[-1].partition("localhost:8000")[2].partition("?")[0])


def test_browser_tests_press_what_the_tutorial_says() -> None:
    tests = "".join((ROOT / "tests" / "browser" / name).read_text("utf-8") for name in ("people.py", "test_way_in.py"))
    said = [" ".join(words.split()) for words in re.findall(r'"([A-Z][^"]+)"', TUTORIAL.read_text("utf-8"))]
    assert len(said) >= 7
    assert [words for words in said if words not in tests] == []
