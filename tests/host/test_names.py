"""The apps leave a host project its own names on the user model."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.db.models.fields.related import RelatedField

from tests.kit.host import environment, run_module
from tests.kit.host_app.settings import MIDDLEWARE

CHAINS = {"1": {"name": "Ethereum", "rpc_urls": ["http://127.0.0.1:1"]}}
OURS = {"profiles": "avatar_", "nft": "nft_"}


def test_reverse_names_on_models_of_others_are_ours() -> None:
    names = {
        f"{model._meta.label}.{field.name}": (model._meta.app_label, field.remote_field.get_accessor_name())
        for app in OURS
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.local_fields + model._meta.local_many_to_many
        if isinstance(field, RelatedField) and field.remote_field.model._meta.app_label not in OURS
        if not field.remote_field.hidden
    }
    assert len(names) > 6
    wrong = {field for field, (app, name) in names.items() if not str(name).startswith(OURS[app])}
    assert not wrong


def test_a_host_has_its_own_names_and_both_apps_their_prefix(tmp_path: Path) -> None:
    middleware = [*MIDDLEWARE, "nft.middleware.WalletSessions", "nft.middleware.WalletWindows"]
    backends = ["django.contrib.auth.backends.ModelBackend", "nft.backends.WalletBackend"]
    settings = {"SITE_ORIGIN": "http://localhost", "NFT_CHAINS": CHAINS, "MIDDLEWARE": middleware}
    env = environment(tmp_path, "profiles nft", "pictures/", AUTHENTICATION_BACKENDS=backends, **settings)
    assert run_module("tests.kit.host_app.nft_story", env).endswith("whole\n")
