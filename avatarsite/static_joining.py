"""Join a page script with the modules it imports, and a stylesheet with those it imports, into one file.

A browser fetches a page's script and styles before it shows the page, and each import is a request of its own. The
sources stay as they are: this runs when static files are collected. Pure: `read` returns the text of a file.

Only what the project's own sources use is understood: imports of names at the start of a line, and `export` before a
function, class or constant. Anything else raises `JoiningError`. A module that two scripts of a page import runs once
for each, so modules keep no state that scripts share. `import("./x.js")` stays a request, made when it is needed, with
its path as the joined script needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from posixpath import dirname, join, normpath, relpath

Read = Callable[[str], str]
_IMPORT = re.compile(r'^import (?:\{(?P<names>[^}]*)\} from )?"(?P<path>\.\.?/[^"]+)";\n', re.MULTILINE)
_LATER = re.compile(r'\bimport\("(?P<path>\.\.?/[^"]+)"\)')
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function\*?|class|const) (?P<name>\w+))", re.MULTILINE)
_UNKNOWN = re.compile(r"^(?:import\b(?!\()|export\b|await\b).*", re.MULTILINE)
_DOC_COMMENT = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_RELATIVE_URL = re.compile(r"url\((?!\s*[\"']?(?:data:|https?:|/))")
_STYLE_IMPORT = re.compile(r'^@import "(?P<path>[^":]+)";\n', re.MULTILINE)


class JoiningError(ValueError):
    """A file uses syntax that can't be joined, or modules import each other in a circle."""


def imports_others(text: str) -> bool:
    """Return whether a script or stylesheet imports anything that can be joined."""
    return bool(_IMPORT.search(text) or _STYLE_IMPORT.search(text))


def join_styles(path: str, read: Read) -> str:
    """Return the stylesheet with the text of those it imports. Those of other folders may name no file by its place."""

    def replace(found: re.Match[str]) -> str:
        imported = _resolve(path, found["path"])
        text = join_styles(imported, read)
        if dirname(imported) != dirname(path) and _RELATIVE_URL.search(text):
            raise JoiningError(f"{path}: {found['path']} is in another folder, and names files by their place.")
        return text

    return _STYLE_IMPORT.sub(replace, read(path))


def join_script(path: str, read: Read) -> str:
    """Return the script with the modules it imports before it, each in a function of its own, each once.

    What the script itself exports, it still does: another may import() it.
    """
    modules = _in_order(path, read, (), {})
    folder = dirname(path)
    imported = "".join([_wrap(each, text, folder) for each, text in modules.items() if each != path])
    return imported + _body(path, modules[path], folder)


def _in_order(path: str, read: Read, importers: tuple[str, ...], done: dict[str, str]) -> dict[str, str]:
    """Return the text of the module and of all it imports, each after those that it imports."""
    if path in importers:
        raise JoiningError(f"These modules import each other in a circle: {', '.join([*importers, path])}")
    if path not in done:
        text = read(path)
        for found in _IMPORT.finditer(text):
            _in_order(_resolve(path, found["path"]), read, (*importers, path), done)
        done[path] = text
    return done


def _wrap(path: str, text: str, folder: str) -> str:
    names = ", ".join(found["name"] for found in _EXPORT.finditer(text))
    body = _EXPORT.sub("", _body(path, text, folder))
    return f"const {_variable(path)} = (() => {{\n{body}return {{ {names} }};\n}})();\n"


def _body(path: str, text: str, folder: str) -> str:
    """Return the module with its imports read from the variables of the modules, and without doc comments.

    `folder` is that of the joined script.
    """
    body = _IMPORT.sub(lambda found: _read_names(path, found), text)
    body = _LATER.sub(lambda found: f'import("{_relative(_resolve(path, found["path"]), folder)}")', body)
    if unknown := _UNKNOWN.search(_EXPORT.sub("", body)):
        raise JoiningError(f"{path}: can't be joined: {unknown[0]}")
    return _DOC_COMMENT.sub("", body).replace("// @ts-check\n", "", 1)


def _read_names(path: str, found: re.Match[str]) -> str:
    if found["names"] is None:
        return ""
    names = " ".join(found["names"].split()).removesuffix(",").replace(" as ", ": ")
    return f"const {{ {names} }} = {_variable(_resolve(path, found['path']))};\n"


def _variable(path: str) -> str:
    """Return a name that no other module has: its path without the folder that all scripts of an app are in."""
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js").replace("js/", ""))


def _relative(path: str, folder: str) -> str:
    place = relpath(path, folder or ".")
    return place if place.startswith(".") else f"./{place}"


def _resolve(path: str, imported: str) -> str:
    return normpath(join(dirname(path), imported))
