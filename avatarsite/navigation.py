"""The pages of the settings in their groups: each page is declared here in one line."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Label = str | Promise


@dataclass(frozen=True)
class Page:
    """`view` names the page, `within` the views that belong to it.

    A page is left out where no installed app has the view, or the one that it `needs`.
    """

    label: Label
    view: str
    within: frozenset[str] = frozenset()
    needs: str = ""

    @property
    def url(self) -> str:
        """The page's address, "" if it is left out."""
        return _address(self.view) if not self.needs or _address(self.needs) else ""

    def is_at(self, here: str) -> bool:
        return here == self.view or here in self.within


@dataclass(frozen=True)
class Group:
    label: Label
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class NavLink:
    """`current` is the value of aria-current: "page", "true" for a page within, or empty."""

    label: Label
    url: str
    current: str = ""


@dataclass(frozen=True)
class NavGroup:
    """A group as a link to its first page. `pages` are those of the group that the visitor is in, if more than one."""

    link: NavLink
    pages: tuple[NavLink, ...]


_WEBHOOK_ACTS = ("", "_address", "_rotate")
_TWO_STEPS = (
    "activate_totp deactivate_totp list_webauthn add_webauthn edit_webauthn remove_webauthn view_recovery_codes "
    "generate_recovery_codes"
)
SETTINGS = (
    Group(
        _("Profile"),
        (
            Page(_("Profile"), "profiles:edit"),
            Page(_("Notices"), "profiles:notice_settings", frozenset({"profiles:notices"})),
            Page(_("Your data"), "profiles:data", frozenset({"profiles:data_delete"})),
        ),
    ),
    Group(
        _("Pictures"),
        (
            Page(
                _("Your pictures"),
                "profiles:picture",
                frozenset({"profiles:picture_crop", "profiles:history", "nft:choose"}),
            ),
            Page(_("When you sell an NFT"), "profiles:loss", needs="nft:tokens"),
        ),
    ),
    Group(
        _("Wallets & NFTs"),
        (
            Page(
                _("NFTs"),
                "nft:tokens",
                frozenset({"nft:claim_detail", "nft:transfer", "nft:claim_create", "nft:held"}),
            ),
            Page(_("Wallets"), "nft:wallets", frozenset({"nft:wallet_move"})),
        ),
    ),
    Group(
        _("Sign-in & security"),
        (
            Page(_("E-mail"), "account_email"),
            # The same page under another name: a first password is set there.
            Page(_("Password"), "account_change_password", frozenset({"account_set_password"})),
            Page(_("Passkeys & 2-step"), "mfa_index", frozenset(f"mfa_{name}" for name in _TWO_STEPS.split())),
            Page(_("Devices"), "usersessions_list"),
        ),
    ),
    Group(
        _("Developer"),
        (
            Page(_("API tokens"), "profiles:api_tokens"),
            Page(_("Webhooks"), "profiles:webhooks", frozenset(f"profiles:webhook{act}" for act in _WEBHOOK_ACTS)),
        ),
    ),
)


def _address(view: str) -> str:
    try:
        return reverse(view)
    except NoReverseMatch:
        return ""


def settings_groups(here: str) -> list[NavGroup]:
    """Return the groups for a page whose view is named `here`."""
    return [found for group in SETTINGS if (found := _shown(group, here))]


def _shown(group: Group, here: str) -> NavGroup | None:
    pages = [page for page in group.pages if page.url]
    if not pages:
        return None
    is_here = any(page.is_at(here) for page in pages)
    own = tuple(NavLink(page.label, page.url, _current(page, here)) for page in pages) if is_here else ()
    current = "page" if len(own) == 1 and own[0].current == "page" else "true" if is_here else ""
    return NavGroup(NavLink(group.label, pages[0].url, current), own if len(own) > 1 else ())


def _current(page: Page, here: str) -> str:
    if here == page.view:
        return "page"
    return "true" if here in page.within else ""
