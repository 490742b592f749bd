from django.apps import AppConfig


class NftConfig(AppConfig):
    name = "nft"
    verbose_name = "NFT pictures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from nft.services.provenance import provide
        from profiles.providers import register_provenance_provider

        register_provenance_provider("nft", provide)
