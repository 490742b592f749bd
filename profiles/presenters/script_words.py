"""The texts of page scripts in the language of the page, for `profiles/js/words.js`.

They stand in the page itself: a file of their own would be one more request, and scripts of a page need them at once.
What the scripts of `profiles` say stands on every page, what others say only where they run. A page in English, the
language of the sources, has none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, join, normpath

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog

SOURCE_LANGUAGE = "en"
SCRIPTS = Path(__file__).parent.parent / "static" / "profiles" / "js"
_TEXT = re.compile(r"\bn?gettext\(\s*\"((?:[^\"\\\\]|\\\\.)*)\"")
_IMPORT = re.compile(r"\b(?:from|import\(?)\s*\"(\.\.?/[\w./-]+\.js)\"")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)  # its types look like imports
# As `django.utils.html.json_script` escapes: nothing in a script element may look like its end.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def script_words(*scripts: str) -> SafeString:
    """Return the texts of `scripts`, named as for `static`, and of what they import; without any, of `profiles`' own.

    Those of `profiles` are left out of the others: they are on the page already.
    """
    language = get_language() or SOURCE_LANGUAGE
    return SafeString("") if language.partition("-")[0] == SOURCE_LANGUAGE else _block(language, scripts)


@lru_cache
def _block(language: str, scripts: tuple[str, ...]) -> SafeString:
    texts = texts_of(*scripts)
    known = {text: translation for text, translation in read_words(language).items() if text in texts}
    words = json.dumps(known, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return mark_safe(f'<script type="application/json" data-words>{words}</script>')  # noqa: S308 - escaped above


def read_words(language: str) -> dict[str, str | list[str]]:
    """Return the translations by their English text, of the catalogs `djangojs` of the project and its apps."""
    catalog = JavaScriptCatalog()
    folders = [str(path) for path in settings.LOCALE_PATHS]
    folders += [str(Path(app.path, "locale")) for app in apps.get_app_configs()]
    catalog.translation = DjangoTranslation(language, domain="djangojs", localedirs=folders)
    words: dict[str, str | list[str]] = catalog.get_catalog()
    return words


def texts_of(*scripts: str) -> frozenset[str]:
    own = _texts_in(f"profiles/js/{path.name}" for path in SCRIPTS.glob("*.js"))
    return _texts_in(_reachable(scripts)) - own if scripts else own


def _reachable(scripts: Iterable[str]) -> set[str]:
    """Return the scripts, and all that they import."""
    found: set[str] = set()
    waiting = list(scripts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [normpath(join(dirname(name), path)) for path in _IMPORT.findall(_source(name))]
    return found


def _texts_in(scripts: Iterable[str]) -> frozenset[str]:
    return frozenset(text for name in scripts for text in _TEXT.findall(_source(name)))


def _source(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise ValueError(f"No static file is called {name}.")
    return _COMMENT.sub("", Path(str(path)).read_text(encoding="utf-8"))
