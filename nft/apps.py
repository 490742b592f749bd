from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy

from profiles.field_names import translate_names
from profiles.sentences import gettext_noop

#: What this app adds to the pages of `profiles`.
PAGE_PARTS = (
    ("picture.tabs", "nft/parts/tab_choose.html"),
    ("picture.tabs.end", "nft/parts/tab_mint.html"),
    ("public.name", "nft/parts/public_name.html"),
    ("public.proof", "nft/parts/public_proof.html"),
    ("public.end", "nft/parts/public_accounts.html"),
    ("receipt.check", "nft/parts/receipt_check.html"),
    ("delete.goes", "nft/parts/delete_goes.html"),
    ("delete.stays", "nft/parts/delete_stays.html"),
)

#: What is imported wherever the app runs.
NEEDED = ("certifi", "coincurve", "ens_normalize", "eth_hash", "libipld", "requests", "siwe", "urllib3")


class NftConfig(AppConfig):
    name = "nft"
    verbose_name = gettext_lazy("NFT pictures")
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """Refuse to start, by name, without what the models import or refer to. Django would show the first import."""
        if not apps.is_installed("profiles"):
            raise ImproperlyConfigured('INSTALLED_APPS has "nft" without "profiles".')
        if missing := [name for name in NEEDED if find_spec(name) is None]:
            text = f"The app nft needs {', '.join(missing)}, which is not installed: pip install 'avatarsite[nft]'."
            raise ImproperlyConfigured(text)
        super().import_models()

    def ready(self) -> None:
        from nft import checks, own_data, project_checks  # noqa: F401  # both checks register themselves
        from nft.accounts.public import find_by_account, find_by_name
        from nft.accounts.receivers import begin_wallet_session, delete_wallet_session, extend_guest_session
        from nft.api import scopes
        from nft.claims import block_kinds, events
        from nft.claims.provenance import build_provenance, describe_mark
        from nft.clients.transport import errors
        from nft.desk import parts as desk_parts
        from nft.gallery.search import search_new_accounts
        from nft.signals import account_changed
        from nft.tokens.lookalikes import find_upload_warning
        from nft.tokens.references import describe_reference
        from nft.views import notice_words, picture_words
        from profiles.jobs import provide
        from profiles.notices.kinds import register_kinds
        from profiles.page_parts import register_page_part
        from profiles.programs.explanations import register_explanations
        from profiles.programs.operations import register_groups
        from profiles.scopes import register_scopes
        from profiles.sources import (
            Source,
            register_identifier_resolver,
            register_page_fetcher,
            register_picture_fetcher,
            register_post_client,
            register_source,
            register_upload_check,
        )

        translate_names(self)
        provide("clients", "nft.clients.bundle.get_clients")
        provide("gateways", "nft.clients.ipfs.gateways.get_gateways")
        unchecked = gettext_noop(
            "Whether you still hold this token could not be checked for too long. We keep trying; try again later."
        )
        words = picture_words.TokenWords()
        register_source(Source("nft", "NFT", build_provenance, unchecked, describe_mark, describe_reference, words))
        register_upload_check(find_upload_warning)
        register_picture_fetcher("nft.clients.web.pictures.fetch_picture", *errors.FETCH_REFUSALS)
        register_page_fetcher("nft.clients.web.pages.fetch_page")
        register_post_client("nft.clients.web.webhooks.WebhookClient", errors.URL_REFUSED)
        register_identifier_resolver("account", find_by_account)
        register_identifier_resolver("name", find_by_name)
        register_kinds(notice_words.KINDS)
        events.register()
        for place, template in PAGE_PARTS:
            register_page_part(place, template)
        own_data.register()
        register_scopes(*scopes.SCOPES)
        register_groups("nft.api.groups.GROUPS")
        register_explanations("nft.api", "problems.toml")
        block_kinds.register()
        desk_parts.register()
        account_changed.connect(search_new_accounts, dispatch_uid="nft.search_new_accounts")
        user_logged_in.connect(extend_guest_session, dispatch_uid="nft.extend_guest_session")
        user_logged_in.connect(begin_wallet_session, dispatch_uid="nft.begin_wallet_session")
        user_logged_out.connect(delete_wallet_session, dispatch_uid="nft.delete_wallet_session")
