"""No file of the apps spells the label of one: a project may have chosen another (AVATAR_APP_LABEL, NFT_APP_LABEL).

A label stands in permissions, names of admin pages, tables, and models that others refer to. The code reads it from
`profiles.app_labels` and `nft.app_labels`, and what is written with it must exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver

from avatarsite.management.commands.makemigrations import read_labels
from localstack.binaries import ROOT

READ = {"PROFILES": "profiles", "NFT": "nft"}
MODELS = [
    model for label in READ.values() for model in apps.get_app_config(label).get_models(include_auto_created=True)
]
NAMES = "|".join(str(model._meta.model_name) for model in MODELS)
CODENAMES = {
    f"{model._meta.app_label}.{codename}"
    for model in MODELS
    for codename in [
        *(f"{action}_{model._meta.model_name}" for action in model._meta.default_permissions),
        *(codename for codename, _ in model._meta.permissions),
    ]
}
SPELLED = re.compile(
    rf"[\"'](?:{'|'.join(map(re.escape, CODENAMES))})[\"']"
    rf"|[\"'](?:profiles|nft)\.(?i:{NAMES})[\"']"
    rf"|\b(?:profiles|nft)_(?:{NAMES})(?:_[a-z]+)?\b"  # tables and names of pages
    r"|admin:(?:profiles|nft)_|\bperms\.(?:profiles|nft)\b|/admin/(?:profiles|nft)/"
    r"|\bapp_label = [\"']|\bget_(?:model|app_config|by_natural_key)\(\s*[\"'](?:profiles|nft)[\"']"
    r"|\([\"'](?:profiles|nft)[\"'], [\"'](?:\d{4}|__)\w+[\"']\)"  # migrations
)


def files(*ends: str) -> Iterator[tuple[Path, str]]:
    for folder in ("profiles", "nft", "users", "avatarsite", "templates"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in ends:
                yield path.relative_to(ROOT), path.read_text("utf-8")


def test_no_file_spells_a_label() -> None:
    """Run `manage.py makemigrations` for migrations; for all else read the label."""
    ends = (".py", ".html", ".txt", ".js")
    assert [(str(path), each) for path, text in files(*ends) for each in SPELLED.findall(text)] == []


@pytest.mark.parametrize(
    "spelled",
    [
        'has_perm("profiles.lock_profile")', "reverse('admin:nft_tokenclaim_change')", 'ForeignKey("profiles.Avatar")',
        "to='nft.linkedaccount'", "SELECT contract FROM nft_tokenclaim", "('profiles', '0001_initial')",
        "{% if perms.profiles.view_profile %}", 'get_model("nft", "TokenClaim")', 'name="profiles_block_export"',
        'deleted.get("nft.CachedObject", 0)', '"/admin/profiles/avatar/"',
    ],
)  # fmt: skip
def test_what_spells_a_label_is_found(spelled: str) -> None:
    assert SPELLED.search(spelled)


def test_new_migrations_read_the_labels() -> None:
    written = """from django.db import migrations, models

    dependencies = [
        ('auth', '0012_alter'),
        ('profiles', '0001_initial'),
    ]
            field=models.ForeignKey(choices=[('nft', 'NFT')], to='nft.linkedaccount'),
            field=models.ManyToManyField(through='nft.claim', to='profiles.avatar'),
"""
    assert read_labels(written) == """from django.db import migrations, models
from nft.app_labels import NFT
from profiles.app_labels import PROFILES

    dependencies = [
        ('auth', '0012_alter'),
        (PROFILES, '0001_initial'),
    ]
            field=models.ForeignKey(choices=[('nft', 'NFT')], to=f'{NFT}.linkedaccount'),
            field=models.ManyToManyField(through=f'{NFT}.claim', to=f'{PROFILES}.avatar'),
"""  # fmt: skip


def names_of(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from names_of(each.url_patterns)
        elif each.name:
            yield each.name


def test_what_is_written_with_a_label_exists() -> None:
    """A permission that nobody has refuses silently, and a page that is nowhere fails only when it is asked for."""
    pages, used = set(names_of(admin.site.get_urls())), set[str]()
    for path, text in files(".py"):
        if not {"migrations", "templatetags"} & set(path.parts):
            used |= {
                each.format(**READ) for each in re.findall(r"f[\"']([^\"'\n]*\{(?:PROFILES|NFT)\}[^\"'\n]*)", text)
            }
    for _, text in files(".html"):
        used |= {f"admin:{app}_{page}" for page, app in re.findall(r"[\"'](\w+)[\"']\|(profiles|nft)_admin", text)}
    assert len(used) > 60
    assert used - pages - {f"admin:{page}" for page in pages} - CODENAMES == set()
