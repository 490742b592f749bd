"""List the pages of the settings, and tell which one a request is on."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True)
class SettingsPage:
    """`view` names the page, `within` the views that belong to it. `needs_nft`: only with the app nft."""

    label: str
    view: str
    within: frozenset[str] = frozenset()
    needs_nft: bool = False


@dataclass(frozen=True)
class NavLink:
    """`current` is the value of aria-current: "page", "true" for a page within, or empty."""

    label: str
    url: str
    current: str


SETTINGS_PAGES = (
    SettingsPage("Profile", "profiles:edit"),
    SettingsPage("Picture", "profiles:picture", frozenset({"profiles:picture_crop", "profiles:history"})),
    SettingsPage("If an NFT leaves", "profiles:loss", needs_nft=True),
    SettingsPage(
        "NFTs",
        "nft:tokens",
        frozenset({"nft:claim_detail", "nft:transfer", "nft:claim_create", "nft:held"}),
        needs_nft=True,
    ),
    SettingsPage("Wallets", "nft:wallets", needs_nft=True),
    SettingsPage("Notices", "profiles:notice_settings"),
    SettingsPage("E-mail", "account_email"),
    SettingsPage("Password", "account_change_password"),
    SettingsPage(
        "Passkeys & 2-step",
        "mfa_index",
        frozenset(
            {
                "mfa_activate_totp",
                "mfa_deactivate_totp",
                "mfa_list_webauthn",
                "mfa_add_webauthn",
                "mfa_edit_webauthn",
                "mfa_remove_webauthn",
                "mfa_view_recovery_codes",
                "mfa_generate_recovery_codes",
            }
        ),
    ),
    SettingsPage("Where I’m signed in", "usersessions_list"),
    SettingsPage("API tokens", "profiles:api_tokens"),
    SettingsPage("Your data", "profiles:data", frozenset({"profiles:data_delete"})),
)
# The same page under another name: a first password is set there.
SAME_PAGE = {"account_set_password": "account_change_password"}


def settings_links(here: str, *, with_nft: bool) -> list[NavLink]:
    """Return the links for a page whose view is named `here`."""
    here = SAME_PAGE.get(here, here)
    shown = [page for page in SETTINGS_PAGES if with_nft or not page.needs_nft]
    return [NavLink(page.label, reverse(page.view), _current(page, here)) for page in shown]


def _current(page: SettingsPage, here: str) -> str:
    if here == page.view:
        return "page"
    return "true" if here in page.within else ""
