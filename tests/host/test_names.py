"""The apps leave a host project its own names on the user model."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.db.models.fields.related import RelatedField

from tests.kit.host import environment, run_script

CHAINS = {"1": {"name": "Ethereum", "rpc_urls": ["http://127.0.0.1:1"]}}
OURS = {"profiles": "avatar_", "nft": "nft_"}
CHECK = """
from django.core.management import call_command
from django.contrib.auth import get_user_model
call_command("check", fail_level="ERROR")
call_command("migrate", run_syncdb=True, verbosity=0)
from tests.kit.host_app.models import Profile
from profiles.people.profiles import profile_of
alice = get_user_model().objects.create_user("alice@example.org")
Profile.objects.create(user=alice, about="of the host")
assert profile_of(alice).handle and alice.profile.about == "of the host"
print("whole")
"""


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
    wrong = {field for field, (app, name) in names.items() if not name.startswith(OURS[app])}
    assert not wrong


def test_a_host_may_have_profiles_notices_and_accounts(tmp_path: Path) -> None:
    env = environment(tmp_path, "profiles nft", SITE_ORIGIN="http://localhost", NFT_CHAINS=CHAINS)
    assert run_script(CHECK, env).endswith("whole\n")
