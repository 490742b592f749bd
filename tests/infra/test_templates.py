"""Templates and scripts of `profiles` and `nft` use only what these apps and Django bring: a wheel of them is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from localstack.binaries import ROOT

LOADS = {"i18n", "static", "avatars", "profiles"}
#: What each app may use, by the first part of a name.
OWN = {"profiles": {"profiles", "admin", "django"}, "nft": {"nft", "profiles", "admin"}}
#: What the context processor of the site gives, unless it is a tag of the apps.
NAMES = "features|my_profile|local_stack|site_notice|operator"
OF_THE_SITE = re.compile(rf"\{{[{{%](?! (?:my_profile|local_stack) as)[^}}]*\b({NAMES})\b(?!\")[^}}]*[}}%]\}}")
APPS = sorted(OWN)


def sources(app: str) -> Iterator[tuple[str, str]]:
    root = ROOT / app / "templates"
    for path in sorted(root.rglob("*.*")):
        yield str(path.relative_to(root)), path.read_text("utf-8")


@pytest.mark.parametrize("app", APPS)
def test_templates_name_no_other_app(app: str) -> None:
    wrong = []
    for name, source in sources(app):
        named = re.findall(r"\{% (?:extends|include) [\"']([^\"']+)", source)
        named += re.findall(r"\{% url [\"']([\w-]+:?)[\w:-]*[\"'](?!\|\w+_admin)", source)
        named += [found for found in re.findall(r"\{% static [\"']([^\"']+)", source) if "/" in found]
        wrong += [(name, each) for each in named if re.split(r"[/:]", each)[0] not in OWN[app]]
        loaded = {each for tag in re.findall(r"\{% load ([^%]+) %\}", source) for each in tag.split()}
        wrong += [(name, each) for each in loaded - LOADS - ({"nft"} if app == "nft" else set())]
        wrong += [(name, each) for each in OF_THE_SITE.findall(source)]
        if not name.startswith(f"{app}/"):
            wrong.append((name, "not under the name of its app"))
    assert not wrong


@pytest.mark.parametrize("app", APPS)
def test_what_templates_name_is_there(app: str) -> None:
    for name, source in sources(app):
        get_template(name)
        for included in re.findall(r"\{% (?:extends|include) [\"']([^\"']+)", source):
            if not included.startswith("django/"):  # of forms, which have a renderer of their own
                get_template(included)
        for static in re.findall(r"\{% static [\"']([^\"']+)", source):
            assert finders.find(static), (name, static)


@pytest.mark.parametrize("app", APPS)
def test_scripts_and_styles_import_no_other_app(app: str) -> None:
    root = ROOT / app / "static"
    for path in [*root.glob("*/js/*.js"), *root.glob("*/css/*.css")]:
        source = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        for imported in re.findall(r"(?:from |import |import\(|@import )\"(\.{0,2}/?[^\":]+)\"", source):
            place = Path("/", path.relative_to(root)).parent.joinpath(imported)
            found = Path(*_without_dots(place))
            assert found.parts[0] in OWN[app] - {"admin"}, (path.name, imported)
            assert finders.find(str(found)), (path.name, imported)


def _without_dots(path: Path) -> list[str]:
    parts: list[str] = []
    for part in path.parts[1:]:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return parts


def test_what_is_of_the_site_is_found() -> None:
    assert OF_THE_SITE.findall("{% if features.nft %}{{ my_profile.pk }}") == ["features", "my_profile"]
