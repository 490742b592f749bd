"""System checks of what the apps need of the project: its apps, middleware, templates, URLs, stores, cache, libraries.

Each names the setting to change. Ids are stable.
"""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.files.storage import storages
from django.db import connections, router
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse

from profiles import settings as profiles_settings
from profiles.stores import has_own_store

PICTURES = "profiles.middleware.CookielessMedia"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"
KEYS_PATH = ".well-known/avatarsite-receipt-keys.json"
NEEDED_APPS = ("auth", "contenttypes", "sessions", "messages")
NEEDED_MIDDLEWARE = (
    SESSIONS,
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
CONTEXT = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
)
DJANGO_TEMPLATES = "django.template.backends.django.DjangoTemplates"
SQLITE_OPTIONS: dict[str, object] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}
#: The extra of the package that brings what a storage or cache of this module needs.
EXTRAS = {"storages.": "s3", "django.core.cache.backends.redis.": "jobs"}


@register()
def check_apps(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    return [
        Error(f"INSTALLED_APPS lacks django.contrib.{label}.", hint="The pages need it.", id="profiles.E018")
        for label in NEEDED_APPS
        if not apps.is_installed(f"django.contrib.{label}")
    ]


@register()
def check_middleware(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check what must be in MIDDLEWARE, and that pictures are answered before sessions and after security."""
    order = list(settings.MIDDLEWARE)
    found: list[CheckMessage] = [
        Error(f"MIDDLEWARE lacks {name}.", hint="The pages need it.", id="profiles.E021")
        for name in NEEDED_MIDDLEWARE
        if name not in order
    ]
    if SESSIONS in order and not _stands_before(PICTURES, SESSIONS):
        text = f"{PICTURES} does not stand before sessions in MIDDLEWARE."
        hint = "Without it every picture on a page costs a signed-in visitor a session and its user."
        found.append(Warning(text, hint=hint, id="profiles.W001"))
    if {SECURITY, PICTURES} <= set(order) and not _stands_before(SECURITY, PICTURES):
        text = f"{SECURITY} does not stand before {PICTURES} in MIDDLEWARE."
        hint = "Pictures are answered there and then, without the headers that it would add."
        found.append(Warning(text, hint=hint, id="profiles.W002"))
    return found


@register()
def check_templates(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    return check_pages("profiles/base.html", "profiles/components/avatar.html")


def check_pages(*names: str) -> list[CheckMessage]:
    """Check that TEMPLATES finds and compiles these templates, and gives them what pages are made of."""
    engines: list[Any] = [each for each in settings.TEMPLATES if each.get("BACKEND") == DJANGO_TEMPLATES]
    if not engines:
        return [Error(f"TEMPLATES has no {DJANGO_TEMPLATES}.", id="profiles.E019")]
    given = {name for each in engines for name in each.get("OPTIONS", {}).get("context_processors", [])}
    found: list[CheckMessage] = [
        Error(f"TEMPLATES: context_processors lacks {name}.", hint="Pages need it.", id="profiles.E020")
        for name in CONTEXT
        if name not in given
    ]
    for name in names:
        try:
            get_template(name)
        except TemplateDoesNotExist as error:
            hint = 'Set "APP_DIRS": True, or add the loader django.template.loaders.app_directories.Loader.'
            found.append(Error(f"TEMPLATES does not find {error}.", hint=hint, id="profiles.E019"))
        except TemplateSyntaxError as error:
            found.append(Error(f"TEMPLATES can't read {name}: {error}", id="profiles.E019"))
    return found


@register()
def check_urls(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check that our addresses are there, and the address where people sign in."""
    found: list[CheckMessage] = []
    try:
        reverse("profiles:picture")
    except NoReverseMatch:
        hint = 'Add path("", include("profiles.urls")), under any prefix.'
        found.append(Error("ROOT_URLCONF does not include profiles.urls.", hint=hint, id="profiles.E022"))
    return [*found, *_check_login_url()]


def _check_login_url() -> list[CheckMessage]:
    wanted = str(settings.LOGIN_URL)
    try:
        path = wanted if "/" in wanted else reverse(wanted)
        if path.startswith("/") and not path.startswith("//"):
            resolve("/" + path.partition("?")[0].removeprefix(get_script_prefix()))
    except (NoReverseMatch, Resolver404):
        hint = "Name the page, or the URL pattern, where people sign in. Our pages lead guests to it."
        return [Warning(f"LOGIN_URL leads nowhere: {wanted!r}.", hint=hint, id="profiles.W005")]
    return []


@register()
def check_receipt_keys(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check that whoever reads a signed receipt finds the key where RFC 8615 has it."""
    if profiles_settings.setting_errors() or not profiles_settings.current().receipt_signing_key:
        return []
    try:
        is_at_root = reverse("profiles_well_known:receipt_keys") == get_script_prefix() + KEYS_PATH
    except NoReverseMatch:
        is_at_root = False
    if is_at_root:
        return []
    hint = 'Add path("", include("profiles.well_known_urls")) to the URL configuration.'
    text = f"AVATAR_RECEIPT_SIGNING_KEY is set, but /{KEYS_PATH} is no address of ours: receipts are not signed."
    return [Error(text, hint=hint, id="profiles.E015")]


@register()
def check_avatar_store(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    return check_store("avatars", "Uncut pictures and exports of people's data are among them, which are private.")


def check_store(alias: str, why: str) -> list[CheckMessage]:
    """Check that a store can be made. Warn where it is a folder within the project's media."""
    if not has_own_store(alias):
        hint = f"{why} Name a storage of their own, and serve it to nobody."
        text = f'STORAGES has no "{alias}": these files are kept in {alias}/ of MEDIA_ROOT.'
        return [Warning(text, hint=hint, id="profiles.W004")]
    backend = str(settings.STORAGES[alias].get("BACKEND", ""))
    try:
        storages[alias]
    except Exception as error:  # noqa: BLE001  # whatever a backend of somebody else raises
        text = f'STORAGES["{alias}"] can\'t be used: {error}'
        return [Error(text, hint=_hint_of(backend), id="profiles.E001")]
    return []


@register()
def check_cache(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check that the default cache can be loaded. Warn where rate limits can't count: per process, or not at all."""
    backend = str(settings.CACHES.get("default", {}).get("BACKEND", ""))
    try:
        import_module(backend.rpartition(".")[0])
        if backend.startswith("django.core.cache.backends.redis."):
            import_module("redis")
    except (ImportError, ValueError) as error:
        text = f'CACHES["default"] can\'t be used: {error}'
        return [Error(text, hint=_hint_of(backend), id="profiles.E024")]
    if not backend.endswith(("LocMemCache", "DummyCache")):
        return []
    text = f"CACHES: the default cache is {backend.rpartition('.')[2]}, so rate limits count per process or not at all."
    return [Warning(text, hint="Name a cache that all processes share, such as Redis.", id="profiles.W003")]


@register()
def check_sqlite(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Warn where transactions of SQLite begin by reading.

    SQLite refuses the first write of such a transaction at once, however long it may wait, if another process wrote
    meanwhile: it would overwrite what was not read.
    """
    database = connections[router.db_for_write(get_user_model())]
    mode = str(database.settings_dict["OPTIONS"].get("transaction_mode", ""))
    if database.vendor != "sqlite" or mode.upper() in {"IMMEDIATE", "EXCLUSIVE"}:
        return []
    text = f'DATABASES["{database.alias}"]: pages fail with "database is locked" while jobs or others write.'
    return [Warning(text, hint=f'Add "OPTIONS": {json.dumps(SQLITE_OPTIONS)}.', id="profiles.W006")]


_LIBRARIES = [
    ("pyvips", "_libvips", "libvips"),
    ("pi_heif", "_pi_heif", "libheif"),
    ("PIL", "PIL._webp", "WebP"),
    ("PIL", "PIL._avif", "AVIF"),
]


@register()
def check_libraries(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check that everything that reads pictures is there. The pages blame no file for what is missing.

    Workers check too when they start, and need none of it: what is compiled and installed is found, not loaded.
    """
    found: list[CheckMessage] = []
    for module, compiled, what in _LIBRARIES:
        try:
            if find_spec(module) is None or find_spec(compiled) is None:
                import_module(module)  # pyvips may come with the system's libvips, or says what is missing
        except (ImportError, OSError) as error:
            text = f"{what} can't be loaded, so pictures can't be read: {error}"
            hint = f"Install {module.partition('.')[0]} for this platform, for libvips with pyvips-binary."
            found.append(Error(text, hint=hint, id="profiles.E023"))
    return found


def _hint_of(backend: str) -> str:
    extra = next((extra for prefix, extra in EXTRAS.items() if backend.startswith(prefix)), None)
    return f"pip install 'avatarsite[{extra}]'" if extra else "See Django's documentation of this setting."


def _stands_before(first: str, second: str) -> bool:
    order = list(settings.MIDDLEWARE)
    return first in order and order.index(first) < order.index(second)
