"""Decide what the home page offers a person who is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _

from profiles.models import Avatar, Profile
from profiles.serving.showing import ShownPicture

NFT = "nft"


@dataclass(frozen=True)
class Progress:
    """What a person has done so far. The last four are about tokens, and all False without the app nft."""

    has_picture: bool
    is_described: bool
    has_profile_text: bool
    can_recover: bool
    has_account: bool = False
    has_token: bool = False
    has_unsigned_mint: bool = False
    has_minted: bool = False


@dataclass(frozen=True)
class NextStep:
    title: str
    url: str
    text: str


def greeting(shown: ShownPicture) -> str:
    """Return what a person is told first about the picture that others see."""
    if shown.avatar is None:
        return _("You have no picture yet. Others see this drawing until you choose one.")
    if shown.mark:
        if is_delegated(shown.avatar):
            text = _("You show %(title)s, verified: a vault holds it for you.")
        else:
            text = _("You show %(title)s, verified as yours.")
        return text % {"title": shown.avatar.title or _("an NFT")}
    if shown.avatar.is_doubted:
        return _("You show an NFT, and a transfer of it may be on its way. The hexagon is off until that is final.")
    if shown.avatar.source == NFT:
        return _("You show an NFT. We could not check it lately, so the hexagon is off until we can.")
    return _("This is how others see you.")


def is_delegated(avatar: Avatar) -> bool:
    """Return whether somebody else holds the token and lets this person act for them."""
    return (avatar.provenance or {}).get("by_delegation") is True


def read_progress(profile: Profile, shown: ShownPicture) -> Progress:
    """Ask one query if the app nft is installed, else none."""
    user, avatar = profile.user, shown.avatar
    done = {
        "has_picture": avatar is not None,
        "is_described": avatar is not None and bool(avatar.alt_text),
        "has_profile_text": bool(profile.display_name and profile.bio),
        "can_recover": bool(user.email) or not user.has_usable_password(),
    }
    if apps.is_installed("nft"):
        questions = {
            "has_account": user.nft_linked_accounts.all(),
            "has_token": user.nft_token_claims.filter(state="owned"),
            "has_unsigned_mint": user.nft_mint_requests.filter(state="awaiting_signature"),
            "has_minted": user.nft_mint_requests.all(),
        }
        answers = {name: Exists(rows) for name, rows in questions.items()}
        done |= get_user_model().objects.filter(pk=user.pk).annotate(**answers).values(*answers).get()
    return Progress(**done)


def next_steps(done: Progress, public_url: str, *, with_tokens: bool) -> list[NextStep]:
    """Return what this person has not done yet, the most useful first. `with_tokens`: the app nft is installed."""
    steps = []
    if not done.has_picture:
        text = _("From your phone or computer. It is cut, cleaned and ready in seconds.")
        steps.append(NextStep(_("Upload a picture"), reverse("profiles:picture"), text))
    if not done.can_recover:
        text = _("So that we can help you back in if you forget your password.")
        steps.append(
            NextStep(_("Add an e-mail address").replace("-", "\N{NON-BREAKING HYPHEN}"), reverse("account_email"), text)
        )
    if with_tokens:
        steps += token_steps(done)
    if not done.has_profile_text:
        text = _("A name and a line about you, for your public page.")
        steps.append(NextStep(_("Tell who you are"), reverse("profiles:edit"), text))
    if done.has_picture and not done.is_described:
        text = _("One line, read out to people who cannot see it.")
        steps.append(NextStep(_("Describe your picture"), reverse("profiles:picture"), text))
    if done.has_picture:
        text = _("One address that always shows the picture you have now.")
        steps.append(NextStep(_("Use your picture elsewhere"), f"{public_url}#use", text))
    return steps


def token_steps(done: Progress) -> list[NextStep]:
    steps = []
    if done.has_unsigned_mint:
        text = _("It is prepared and only needs your signature.")
        steps.append(NextStep(_("Finish your NFT"), reverse("nft:mint"), text))
    if not done.has_account:
        text = _("Prove by one signature that an account is yours, to show the NFTs it holds. It costs nothing.")
        steps.append(NextStep(_("Link a wallet"), reverse("nft:wallets"), text))
    if done.has_account and not done.has_token:
        text = _("We ask the chain who holds it, and show it in a hexagon.")
        steps.append(NextStep(_("Show an NFT you hold"), reverse("nft:tokens"), text))
    if done.has_account and not done.has_minted:
        text = _("Turn a picture into a token that is yours, step by step.")
        steps.append(NextStep(_("Make your own NFT"), reverse("nft:mint"), text))
    return steps
