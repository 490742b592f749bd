from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class NftConfig(AppConfig):
    name = "nft"
    verbose_name = "NFT pictures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from nft.services.guest_sessions import give_full_age

        user_logged_in.connect(give_full_age, dispatch_uid="nft.give_full_age")
