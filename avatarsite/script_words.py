"""The texts of the page scripts in the language of the page, for profiles/static/profiles/js/words.js.

They stand in the page itself: a file of their own would be one more request, and scripts of a page need them at once.
Most texts are about wallets, so they stand only on pages with wallets. A page in the source language has none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog

SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"
#: Parts of the site, and the scripts with which their pages begin. All other scripts may be on any page: the part "".
PARTS = {
    "wallets": ("sign-in.js", "transaction.js", "watch-asset.js", "demo-wallet.js"),
    "files": ("verify-file.js",),
}
_TEXT = re.compile(r"\bn?gettext\(\s*\"((?:[^\"\\\\]|\\\\.)*)\"")
_IMPORT = re.compile(r"\b(?:from|import\(?)\s*\"\./([\w-]+\.js)\"")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)  # its types look like imports
# As `django.utils.html.json_script` escapes: nothing in a script element may look like its end.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def script_words(part: str = "") -> SafeString:
    """Return the block of a part of the site in the present language, empty for the source language."""
    language = get_language() or settings.SOURCE_LANGUAGE
    return SafeString("") if language == settings.SOURCE_LANGUAGE else _block(language, part)


@lru_cache
def _block(language: str, part: str) -> SafeString:
    texts = texts_of(part)
    known = {text: translation for text, translation in read_words(language).items() if text in texts}
    words = json.dumps(known, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return mark_safe(f'<script type="application/json" data-words>{words}</script>')  # noqa: S308 - escaped above


def read_words(language: str) -> dict[str, str | list[str]]:
    """Return the translations by their English text, as the catalog `djangojs` has them."""
    catalog = JavaScriptCatalog()
    folders = [str(path) for path in settings.LOCALE_PATHS]
    catalog.translation = DjangoTranslation(language, domain="djangojs", localedirs=folders)
    words: dict[str, str | list[str]] = catalog.get_catalog()
    return words


def texts_of(part: str) -> frozenset[str]:
    """Return the texts of the scripts of a part, without those that every page has."""
    special = {name: _reachable(scripts) for name, scripts in PARTS.items()}
    common = _reachable(
        path.name for path in SCRIPTS.glob("*.js") if not any(path.name in each for each in special.values())
    )
    return _texts_in(special[part]) - _texts_in(common) if part else _texts_in(common)


def _reachable(scripts: Iterable[str]) -> set[str]:
    """Return the scripts, and all that they import."""
    found: set[str] = set()
    waiting = list(scripts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _IMPORT.findall(_source(name))
    return found


def _texts_in(scripts: Iterable[str]) -> frozenset[str]:
    return frozenset(text for name in scripts for text in _TEXT.findall(_source(name)))


def _source(name: str) -> str:
    return _COMMENT.sub("", (SCRIPTS / name).read_text(encoding="utf-8"))
