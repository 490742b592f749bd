"""The sources of pictures that `manage.py import_avatars --from NAME` knows, and how to name one's own."""

from __future__ import annotations

from collections.abc import Callable

from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from profiles.imports.entries import PictureSource, SourceOptions

#: Takes what the operator said. Raises CommandError for what it can't be.
Builder = Callable[[SourceOptions], PictureSource]
BUILT_IN = {
    "django-avatar": "profiles.imports.sources.django_avatar.DjangoAvatar",
    "field": "profiles.imports.sources.image_field.ImageFieldOfUsers",
    "gravatar": "profiles.imports.sources.email_hashes.Gravatar",
    "libravatar": "profiles.imports.sources.email_hashes.Libravatar",
    "folder": "profiles.imports.sources.folder.PictureFolder",
    "csv": "profiles.imports.sources.csv_file.CsvFile",
}


def build_source(name: str, options: SourceOptions) -> PictureSource:
    """Return the source of this name, or the one that the class at this dotted path makes. Raise CommandError."""
    try:
        build: Builder = import_string(BUILT_IN.get(name, name))
    except ImportError as error:
        known = ", ".join(BUILT_IN)
        raise CommandError(f"There is no source {name} ({error}). Known are {known}, and dotted paths.") from error
    return build(options)
