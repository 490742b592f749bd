"""The apps leave a host project its own names: on the user model, and as labels of its apps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models.fields.related import RelatedField

from tests.kit.host import environment, manage, run_module
from tests.kit.host_app.settings import MIDDLEWARE

CHAINS = {"1": {"name": "Ethereum", "rpc_urls": ["http://127.0.0.1:1"]}}
OURS = {"profiles": "avatar_", "nft": "nft_"}
#: Apps of the host, whose labels are ours by default.
THEIRS = "tests.kit.host_apps.profiles tests.kit.host_apps.nft"
LABELS = {"AVATAR_APP_LABEL": "pictures", "NFT_APP_LABEL": "tokens"}


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


def project(folder: Path, installed: str, **settings: Any) -> dict[str, str]:
    middleware = [*MIDDLEWARE, "nft.middleware.WalletSessions", "nft.middleware.WalletWindows"]
    backends = ["django.contrib.auth.backends.ModelBackend", "nft.backends.WalletBackend"]
    settings |= {"SITE_ORIGIN": "http://localhost", "NFT_CHAINS": CHAINS, "MIDDLEWARE": middleware}
    return environment(folder, installed, "pictures/", AUTHENTICATION_BACKENDS=backends, **settings)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a host with other labels for ours, where both apps were used."""
    folder = tmp_path_factory.mktemp("host")
    told = run_module("tests.kit.host_app.nft_story", project(folder, f"{THEIRS} profiles nft", **LABELS))
    assert told.endswith("whole\n")
    return folder


def test_a_host_has_its_own_names_and_labels_and_both_apps_their_prefix(host: Path) -> None:
    assert (host / "db.sqlite3").exists()


def test_a_label_that_changes_after_the_first_migrate_is_told_by_name(host: Path) -> None:
    done = manage(project(host, "profiles nft"), "migrate")
    for setting, label, former in (("AVATAR_APP_LABEL", "profiles", "pictures"), ("NFT_APP_LABEL", "nft", "tokens")):
        text = f"{setting} is '{label}', but the tables in the database 'default' begin with '{former}'."
        assert text in done.stderr
    assert done.returncode == 1


def test_a_host_with_apps_of_our_labels_is_told_which_settings_to_write(tmp_path: Path) -> None:
    done = manage(project(tmp_path, f"{THEIRS} profiles nft"), "check")
    text = "AVATAR_APP_LABEL: 'profiles' is the label of the app tests.kit.host_apps.profiles, so set another one."
    assert done.stderr.endswith(f"ImproperlyConfigured: {text}\n")


@pytest.mark.parametrize(("app", "setting"), [("profiles", "AVATAR_APP_LABEL"), ("nft", "NFT_APP_LABEL")])
@pytest.mark.parametrize("wrong", ["auth", "my-pictures", "", 5])
def test_a_label_that_can_not_be_one_is_told_by_name(settings: Any, app: str, setting: str, wrong: object) -> None:
    setattr(settings, setting, wrong)
    with pytest.raises(ImproperlyConfigured, match=f"^{setting}: "):
        AppConfig.create(app)


def test_a_project_may_also_choose_the_label_in_an_app_of_its_own() -> None:
    own = type("OwnProfiles", (type(apps.get_app_config("profiles")),), {"label": "pictures"})
    assert own("profiles", apps.get_app_config("profiles").module).label == "pictures"
