"""The reference pages of the documentation, written from the code, so that they say what is there."""

from __future__ import annotations

import inspect
import io
import json
import re
import sys
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import timedelta
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.dispatch import Signal
from django.template import engines
from django.test import RequestFactory
from django.urls import resolve, reverse

from avatarsite import __name__ as site
from profiles.errors import ExpectedError, Kind
from profiles.programs.explanations import get_explanations

# Options that Django gives every command.
OF_ALL_COMMANDS = re.compile(
    r"\[(-h|--version|-v \{0,1,2,3\}|--(settings|pythonpath) \w+|--[a-z-]+color|--traceback|--skip-checks)\] ?"
)
OURS = (site, "users", "profiles", "nft")


def settings_page() -> str:
    """List the fields of the dataclasses that `profiles` and `nft` read their settings into."""
    from nft.settings import NftSettings
    from profiles.settings import NAMES, AvatarSettings

    parts: Sequence[tuple[str, type, str, Mapping[str, str]]] = (
        ("profiles", AvatarSettings, "AVATAR_", NAMES),
        ("nft", NftSettings, "NFT_", {}),
    )
    lines = [
        "# Django settings",
        "Each has a default. The site itself sets them by its environment: see [Settings](../operate/settings.md).",
    ]
    for app, kind, prefix, names in parts:
        comments = comments_of_fields(kind)
        rows = [
            (code(names.get(each.name) or prefix + each.name.upper()), code(default_of(each)), comments[each.name])
            for each in fields(kind)
        ]
        lines += [f"## {app}", table(("setting", "default", "meaning"), rows)]
    return "\n\n".join(lines) + "\n"


def comments_of_fields(kind: type) -> dict[str, str]:
    """Return the comment above each field of a class; a field without one has that of the field above it."""
    found: dict[str, str] = {}
    names, waiting, last = {each.name for each in fields(kind)}, list[str](), ""
    for token in tokenize.generate_tokens(io.StringIO(inspect.getsource(kind)).readline):
        if token.type == tokenize.COMMENT:
            waiting.append(token.string.lstrip("#: "))
        elif token.type == tokenize.NAME and token.string in names - found.keys() and token.start[1] == 4:
            last = " ".join(waiting) or last
            found[token.string], waiting = last, []
        elif token.type == tokenize.NL and not token.line.strip():
            waiting, last = [], ""
    return found


def default_of(field: Any) -> str:
    value = field.default_factory() if field.default is MISSING else field.default
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    if isinstance(value, frozenset):
        value = sorted(value)
    text = repr(value)
    return text if len(text) < 60 else "see the code"


def commands_page() -> str:
    """List the management commands of our apps, with what their parsers say."""
    lines = ["# Management commands", "Run them as `manage.py NAME`."]
    for name, app in sorted(get_commands().items()):
        if str(app).split(".")[0] not in OURS:
            continue
        command = load_command_class(app, name)
        told = " ".join((command.help or inspect.getdoc(sys.modules[type(command).__module__]) or "").split())
        usage = re.sub(r"\s+", " ", command.create_parser("manage.py", name).format_usage().partition(":")[2]).strip()
        usage = OF_ALL_COMMANDS.sub("", usage).strip()
        lines += [f"## {name}", told, f"```text\n{usage}\n```"]
    return "\n\n".join(lines) + "\n"


def tags_page() -> str:
    """List the template tags and filters of our apps."""
    lines = ["# Template tags"]
    engine: Any = engines["django"]
    for library, path in sorted(engine.engine.libraries.items()):
        if path.split(".")[0] not in OURS[1:]:
            continue
        register = import_module(path).register
        lines += [f"## {library}", f"`{{% load {library} %}}`"]
        rows = [(code(f"{{% {name} %}}"), about(function)) for name, function in sorted(register.tags.items())]
        rows += [(code(f"|{name}"), about(function)) for name, function in sorted(register.filters.items())]
        lines.append(table(("tag or filter", "does"), rows))
    return "\n\n".join(lines) + "\n"


def about(function: Callable[..., Any]) -> str:
    lines = (inspect.getdoc(inspect.unwrap(function)) or "").split("\n\n")
    return " ".join(lines[0].split())


def signals_page() -> str:
    """List the signals of our apps, with the comment above each."""
    lines = ["# Signals"]
    for app in OURS[1:]:
        try:
            module = import_module(f"{app}.signals")
        except ModuleNotFoundError:
            continue
        lines += [f"## {app}.signals", table(("signal", "is sent"), list(signals_of(module)))]
    return "\n\n".join(lines) + "\n"


def signals_of(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield each signal with the comment above it; signals in a row have one comment."""
    told, is_new = "", True
    for line in inspect.getsource(module).splitlines():
        if line.startswith("#"):
            told, is_new = (line[2:] if is_new else f"{told} {line[2:]}"), False
        elif (match := re.match(r"(\w+) = ", line)) and isinstance(getattr(module, match[1]), Signal):
            is_new = True
            yield code(match[1]), plain(told)


def problems_page() -> str:
    """List every kind of refusal and outage that our code knows, as the site's own pages about them do."""
    kinds = {kind.slug: kind for kind in all_kinds()}
    said = get_explanations()
    rows = [
        (
            code(slug),
            str(int(kind.status)),
            plain(f"{said[slug].meaning} {said[slug].way_on}"),
            "no" if kind.permanent else "yes",
        )
        for slug, kind in sorted(kinds.items())
    ]
    told = (
        "What can't be done is answered as RFC 9457 says. The `type` of the answer ends in one of these words, and "
        "leads to a page of the site that says the same. Where the last column says yes, the same request may succeed "
        "later."
    )
    return "\n\n".join(["# Problem types", told, table(("type", "status", "means", "may pass later"), rows)]) + "\n"


def all_kinds() -> Iterator[Kind]:
    """Yield the kinds that any of our modules names."""
    for module in our_modules():
        for value in vars(module).values():
            if isinstance(value, Kind):
                yield value
            elif isinstance(value, type) and issubclass(value, ExpectedError):
                yield value.kind


def our_modules() -> Iterator[ModuleType]:
    """Import and yield all modules of the installed apps of ours, but migrations, programs and the test kit.

    The test kit's chain raises Python's limit of recursion when it is imported.
    """
    for app in OURS[1:]:
        if not apps.is_installed(app):
            continue
        package = import_module(app)
        for found in walk_packages(package.__path__, f"{app}."):
            if not re.search(r"\.(migrations|management|testing|__main__)\b", found.name):
                yield import_module(found.name)


def api_page() -> str:
    """List the operations of the API's document."""
    address = reverse("profiles:openapi")
    document = json.loads(resolve(address).func(RequestFactory().get(address)).content)
    rows = [
        (code(f"{method.upper()} {path}"), code(operation.get("operationId", "")), told_by(operation))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, Mapping) and "responses" in operation
    ]
    told = f"The whole of it is the OpenAPI document at `{address}`. [The API](../use/api.md) says how to begin."
    return "\n\n".join(["# API operations", told, table(("call", "name", "does"), rows)]) + "\n"


def told_by(operation: Mapping[str, Any]) -> str:
    return plain(str(operation.get("summary") or operation.get("description") or "").split("\n")[0])


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def plain(text: str) -> str:
    """Return a text of the code as Markdown that shows it as it is."""
    parts = text.split("`")
    return "`".join(
        re.sub(r"([<>\[\]*_])", r"\\\1", part) if even % 2 == 0 else part for even, part in enumerate(parts)
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "settings": settings_page,
    "commands": commands_page,
    "tags": tags_page,
    "signals": signals_page,
    "problems": problems_page,
    "api": api_page,
}
