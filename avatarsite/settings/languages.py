"""The languages that the site speaks, and how it writes dates in them."""

from __future__ import annotations

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import env
from avatarsite.settings.security import SECURE
from avatarsite.settings.site import BASE_DIR

SOURCE_LANGUAGE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]


def _translated() -> list[str]:
    """Return the codes of the languages that have a catalog, the source language first."""
    catalogs = (BASE_DIR / "locale").glob("*/LC_MESSAGES/django.mo")
    return [SOURCE_LANGUAGE, *sorted(path.parent.parent.name.replace("_", "-").lower() for path in catalogs)]


def _languages(codes: list[str], known: list[str]) -> list[tuple[str, str]]:
    wrong = [code for code in codes if code not in known]
    if wrong or not codes:
        raise ImproperlyConfigured(
            f"SITE_LANGUAGES has {' '.join(wrong) or 'nothing'}: write some of {' '.join(known)}."
        )
    return [(code, str(LANG_INFO[code]["name_local"]).capitalize()) for code in codes]


USE_I18N = True
LANGUAGES = _languages(env.words("SITE_LANGUAGES", _translated()), _translated())
# The language of who asks for none of these, and of mails to people who chose none.
LANGUAGE_CODE = LANGUAGES[0][0]
FORMAT_MODULE_PATH = ["avatarsite.formats"]
LANGUAGE_COOKIE_NAME = "__Host-language" if SECURE else "language"
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = 365 * 86_400
