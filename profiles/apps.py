from __future__ import annotations

from types import ModuleType

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save
from django.utils import formats, translation
from django.utils.translation import gettext_lazy

from profiles import settings as profiles_settings
from profiles.field_names import translate_names
from profiles.label_choice import choose_label
from profiles.sentences import Languages, use_languages


class ProfilesConfig(AppConfig):
    name = "profiles"
    verbose_name = gettext_lazy("People and pictures")
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        choose_label(self, app_name, "AVATAR_APP_LABEL", profiles_settings.app_label)
        super().__init__(app_name, app_module)

    def ready(self) -> None:
        from profiles import checks, project_checks  # noqa: F401  # they register themselves
        from profiles.blocks import kinds
        from profiles.desk import own_parts as desk_parts
        from profiles.moderation import desk_parts as block_parts
        from profiles.own_data import own_parts
        from profiles.people.hiding import follow_user
        from profiles.programs.explanations import register_explanations
        from profiles.programs.operations import register_groups
        from profiles.reports import desk_parts as report_parts
        from profiles.serving import key_checks  # noqa: F401
        from profiles.store.purge import watch_holders

        use_languages(Languages(translation.gettext, translation.ngettext, _write_number))
        translate_names(self)
        watch_holders()
        own_parts.register()
        register_groups("profiles.api.own.GROUPS")
        register_explanations("profiles.api", "problems.toml")
        kinds.register_own()
        block_parts.register()
        desk_parts.register()
        report_parts.register()
        post_save.connect(follow_user, sender=settings.AUTH_USER_MODEL, dispatch_uid="profiles.follow_user")


def _write_number(number: float) -> str:
    return str(formats.number_format(number, force_grouping=True))
