"""The names of models and columns, which the admin shows in the language of staff.

Django makes them from the names in the code, so no text marks them there: it stands here. A test compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_lazy

from profiles.sentences import gettext_noop

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise, StrPromise

NAMES = (
    gettext_noop("account deletion"),
    gettext_noop("account deletions"),
    gettext_noop("action"),
    gettext_noop("actor"),
    gettext_noop("alt text"),
    gettext_noop("api token"),
    gettext_noop("api tokens"),
    gettext_noop("asked at"),
    gettext_noop("asking notices"),
    gettext_noop("at"),
    gettext_noop("attempt"),
    gettext_noop("attested at"),
    gettext_noop("audit entries"),
    gettext_noop("audit entry"),
    gettext_noop("avatar"),
    gettext_noop("avatar version"),
    gettext_noop("avatars"),
    gettext_noop("begun at"),
    gettext_noop("bio"),
    gettext_noop("byte count"),
    gettext_noop("chosen at"),
    gettext_noop("content type"),
    gettext_noop("cpu seconds"),
    gettext_noop("crashes"),
    gettext_noop("created at"),
    gettext_noop("data export"),
    gettext_noop("data exports"),
    gettext_noop("detail"),
    gettext_noop("difference hash"),
    gettext_noop("digest"),
    gettext_noop("display name"),
    gettext_noop("due at"),
    gettext_noop("email name"),
    gettext_noop("email names"),
    gettext_noop("expires at"),
    gettext_noop("facts"),
    gettext_noop("finished at"),
    gettext_noop("folder"),
    gettext_noop("format"),
    gettext_noop("former handle"),
    gettext_noop("former handles"),
    gettext_noop("frames"),
    gettext_noop("gave up at"),
    gettext_noop("handle"),
    gettext_noop("height"),
    gettext_noop("id"),
    gettext_noop("image"),
    gettext_noop("is doubted"),
    gettext_noop("is found by email"),
    gettext_noop("is hidden"),
    gettext_noop("is locked"),
    gettext_noop("is offered"),
    gettext_noop("is on site"),
    gettext_noop("is still"),
    gettext_noop("kept until"),
    gettext_noop("key"),
    gettext_noop("kind"),
    gettext_noop("language"),
    gettext_noop("last error"),
    gettext_noop("last used at"),
    gettext_noop("left at"),
    gettext_noop("links"),
    gettext_noop("lost at"),
    gettext_noop("mail refusal"),
    gettext_noop("mail to"),
    gettext_noop("mailed at"),
    gettext_noop("md5"),
    gettext_noop("mime"),
    gettext_noop("name"),
    gettext_noop("notice"),
    gettext_noop("notice choices"),
    gettext_noop("notices"),
    gettext_noop("object count"),
    gettext_noop("on loss"),
    gettext_noop("percent"),
    gettext_noop("position"),
    gettext_noop("prefix"),
    gettext_noop("profile"),
    gettext_noop("profiles"),
    gettext_noop("pronouns"),
    gettext_noop("provenance"),
    gettext_noop("purge at"),
    gettext_noop("queued at"),
    gettext_noop("read at"),
    gettext_noop("reason"),
    gettext_noop("reference"),
    gettext_noop("removed at"),
    gettext_noop("rendition"),
    gettext_noop("renditions"),
    gettext_noop("retired handle"),
    gettext_noop("retired handles"),
    gettext_noop("returns by itself"),
    gettext_noop("revoked at"),
    gettext_noop("scopes"),
    gettext_noop("sentence"),
    gettext_noop("sha256"),
    gettext_noop("size"),
    gettext_noop("source"),
    gettext_noop("source format"),
    gettext_noop("state"),
    gettext_noop("store shard"),
    gettext_noop("store shards"),
    gettext_noop("stored image"),
    gettext_noop("stored images"),
    gettext_noop("subject"),
    gettext_noop("title"),
    gettext_noop("touched at"),
    gettext_noop("tries"),
    gettext_noop("uncut"),
    gettext_noop("unread notices"),
    gettext_noop("until"),
    gettext_noop("updated at"),
    gettext_noop("upload ticket"),
    gettext_noop("upload tickets"),
    gettext_noop("used at"),
    gettext_noop("user"),
    gettext_noop("width"),
)


def translate_names(app: AppConfig) -> None:
    """Have the names of an app's models and columns translated when they are shown. Migrations don't change by it."""
    for model in app.get_models():
        options = model._meta  # noqa: SLF001 - Django documents it as public
        options.verbose_name = _translated(options.verbose_name or "")
        options.verbose_name_plural = _translated(options.verbose_name_plural or "")
        for field in options.local_fields:
            field.verbose_name = _translated(field.verbose_name)


def _translated(name: StrOrPromise) -> StrPromise:
    return gettext_lazy(name) if isinstance(name, str) else name
