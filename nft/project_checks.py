"""System checks of what `nft` needs of the project: sign-in, middleware, templates, URLs, a store, libraries."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.urls import NoReverseMatch, reverse

from nft.app_labels import NFT
from nft.checks import are_settings_wrong
from nft.settings.chains import Proofs, chains
from profiles.label_choice import check_tables
from profiles.project_checks import check_pages, check_store

BACKEND = "nft.backends.WalletBackend"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
#: Without the first, a session goes on after the wallet that began it was unlinked.
MIDDLEWARE = ("nft.middleware.WalletSessions", "nft.middleware.WalletWindows")
#: The execution layer's own specification, which computes what proved state answers.
EXECUTION = "ethereum"


@register()
def check_sign_in(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check that people who sign in with a wallet get a session, and that it ends when it must."""
    found: list[CheckMessage] = []
    if BACKEND not in settings.AUTHENTICATION_BACKENDS:
        hint = "Add it, after those that take a password."
        found.append(Error(f"AUTHENTICATION_BACKENDS lacks {BACKEND}.", hint=hint, id="nft.E010"))
    order = list(settings.MIDDLEWARE)
    for name in MIDDLEWARE:
        if name not in order or AUTHENTICATION not in order[: order.index(name)]:
            hint = f"Put it after {AUTHENTICATION}."
            text = f"MIDDLEWARE lacks {name}, or has it before people are known."
            found.append(Error(text, hint=hint, id="nft.E011"))
    return found


@register(Tags.database)
def check_label(
    app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    return check_tables(NFT, "NFT_APP_LABEL", databases)


@register()
def check_templates(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    return [each for each in check_pages("nft/base.html") if each.id == "profiles.E019"]


@register()
def check_urls(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    try:
        reverse("nft:wallets")
    except NoReverseMatch:
        hint = 'Add path("", include("nft.urls")), under any prefix.'
        return [Error("ROOT_URLCONF does not include nft.urls.", hint=hint, id="nft.E012")]
    return []


@register()
def check_blocks_store(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    return check_store("ipfs", "They may be read by everybody, but only through the gateway of this site.")


@register()
def check_proofs(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check that answers can be proved where NFT_CHAINS wants them proved."""
    if are_settings_wrong() or find_spec(EXECUTION) is not None:
        return []
    hint = "pip install 'avatarsite[proofs]', or set proofs to 'off'."
    found: list[CheckMessage] = []
    for chain in chains().values():
        text = f"NFT_CHAINS: proofs of chain {chain.id} need the package ethereum-execution."
        if chain.proofs is Proofs.REQUIRED:
            found.append(Error(text, hint=hint, id="nft.E013"))
        elif chain.proofs is Proofs.OFFERED:
            found.append(Warning(f"{text} Answers are believed unproved.", hint=hint, id="nft.W003"))
    return found
