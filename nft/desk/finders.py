"""Find people and pictures by what chains, IPFS and ENS call them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import ADDRESS_BYTES, to_checksum
from nft.core.evm.caip import parse_account_id
from nft.core.ipfs.cid import parse_cid
from nft.core.tokens.paste import AssetReference, parse_pasted_token
from nft.models import (
    CachedObject,
    ClaimPicture,
    HeldToken,
    LinkedAccount,
    MintRequest,
    PrimaryName,
    SponsoredTransaction,
    TokenClaim,
)
from nft.settings.chains import chains, describe_chain
from profiles.audit import record_as_staff
from profiles.desk.own_finders import LAST, person_hit
from profiles.desk.parts import Hit, SearchFinder
from profiles.people.profiles import profile_of

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Hits of one kind.
MOST = 10
#: Digits of an address from which its beginning is looked for.
LEAST_DIGITS = 4
_ADDRESS = re.compile(r"0x([0-9a-fA-F]{1,40})")
_TRANSACTION = re.compile(r"0x[0-9a-fA-F]{64}")
_CID = re.compile(r"[A-Za-z0-9]{20,128}")


def find_wallets(text: str, staff: User) -> Iterator[Hit]:
    """Find by a whole address or CAIP-10 account, or by how a public address begins.

    A hidden wallet is found by its whole address only, by staff who were told it, and the audit keeps that they looked.
    """
    wanted = _digits_of(text)
    if len(wanted) == 2 * ADDRESS_BYTES:
        found = LinkedAccount.objects.filter(address=bytes.fromhex(wanted)).select_related("user__avatar_profile")
        for account in found[:MOST]:
            profile = profile_of(account.user)
            if not account.is_public:
                record_as_staff(profile, "account.find", staff, account=str(account.pk))
            yield person_hit(profile, _("wallet") if account.is_public else _("hidden wallet"))
    elif len(wanted) >= LEAST_DIGITS:
        low, high = (bytes.fromhex(wanted.ljust(2 * ADDRESS_BYTES, digit)) for digit in "0f")
        public = LinkedAccount.objects.filter(address__gte=low, address__lte=high, is_public=True)
        for account in public.select_related("user__avatar_profile").order_by("address")[:MOST]:
            yield person_hit(profile_of(account.user), to_checksum(account.address))


def find_names(text: str, staff: User) -> Iterator[Hit]:
    """Find by a stored ENS name or its beginning. No name is looked up on a chain."""
    del staff
    name = text.lower()
    if "." not in name or " " in name:
        return
    named = PrimaryName.objects.filter(name__gte=name, name__lt=name + LAST).exclude(name="")
    for row in named.select_related("account__user__avatar_profile").order_by("name")[:MOST]:
        if row.account.is_public:
            yield person_hit(profile_of(row.account.user), row.name)


def find_tokens(text: str, staff: User) -> Iterator[Hit]:
    """Find who shows or holds a token: contract and id, CAIP-19, or the address of its page."""
    del staff
    for token in _parse_everywhere(text):
        same = {"chain_id": token.chain_id, "contract": token.contract, "token_id": token.token_id}
        shown = TokenClaim.objects.filter(**same).select_related("user__avatar_profile", "picture")
        yield from (_claim_hit(claim) for claim in shown[:MOST])
        held = HeldToken.objects.filter(**same, account__is_public=True).select_related("account__user__avatar_profile")
        for row in held[:MOST]:
            yield person_hit(profile_of(row.account.user), _("holds this token"))


def find_contracts(text: str, staff: User) -> Iterator[Hit]:
    """Find the NFTs of a contract that people show, and what staff decided about it."""
    del staff
    wanted = _digits_of(text)
    if len(wanted) != 2 * ADDRESS_BYTES:
        return
    contract = bytes.fromhex(wanted)
    claims = TokenClaim.objects.filter(chain_id__in=chains(), contract=contract)
    yield from (_claim_hit(each) for each in claims.select_related("user__avatar_profile", "picture")[:MOST])


def find_files(text: str, staff: User) -> Iterator[Hit]:
    """Find by a CID, also in an ipfs:// address: who shows that picture, who minted it, and the file we keep."""
    del staff
    named = text.removeprefix("ipfs://").partition("/")[0]
    if not _CID.fullmatch(named):
        return
    try:
        cid = str(parse_cid(named))
    except InvalidIdentifier:
        return
    pictures = ClaimPicture.objects.filter(image_cid__in={cid, named})
    for picture in pictures.select_related("claim__user__avatar_profile", "claim__picture")[:MOST]:
        yield _claim_hit(picture.claim)
    mints = MintRequest.objects.filter(image_cid__in={cid, named}).select_related("user")
    yield from (_mint_hit(mint) for mint in mints[:MOST])
    for file in CachedObject.objects.filter(root_cid__in={cid, named})[:MOST]:
        yield Hit(_("IPFS file"), file.uri, reverse("admin:nft_cachedobject_change", args=[file.pk]))


def find_transactions(text: str, staff: User) -> Iterator[Hit]:
    """Find the mint of a transaction, whoever paid for it."""
    del staff
    if not _TRANSACTION.fullmatch(text):
        return
    same = Q(chain_id__in=chains(), tx_hash__in={text, text.lower()})
    yield from (_mint_hit(mint) for mint in MintRequest.objects.filter(same).select_related("user")[:MOST])
    for sent in SponsoredTransaction.objects.filter(same)[:MOST]:
        url = reverse("admin:nft_sponsoredtransaction_change", args=[sent.pk])
        yield Hit(_("Transaction that we paid"), sent.tx_hash, url, describe_chain(sent.chain_id).name)


def _digits_of(text: str) -> str:
    """Return the hexadecimal digits of an address, its beginning or a CAIP-10 account; "" for anything else."""
    if text.startswith("eip155:"):
        try:
            return parse_account_id(text).address.hex()
        except InvalidIdentifier:
            return ""
    match = _ADDRESS.fullmatch(text)
    return "" if match is None else match[1].lower()


def _parse_everywhere(text: str) -> Iterable[AssetReference]:
    """Return the token on each chain of this site, for a contract and an id do not say which."""
    found = set()
    for chain_id in chains():
        try:
            found.add(parse_pasted_token(text, chain_id))
        except InvalidIdentifier:
            return found
    return found


def _claim_hit(claim: TokenClaim) -> Hit:
    handle = profile_of(claim.user).handle
    if claim.avatar_id is not None:
        url = reverse("admin:profiles_avatar_change", args=[claim.avatar_id])
    else:
        url = reverse("admin:nft_tokenclaim_change", args=[claim.pk])
    return Hit(_("NFT"), f"{claim.name or claim.token_id_text[:20]} (@{handle})", url, claim.get_state_display())


def _mint_hit(mint: MintRequest) -> Hit:
    url = reverse("admin:nft_mintrequest_change", args=[mint.pk])
    return Hit(pgettext("noun", "Mint"), mint.name or str(mint.pk)[:8], url, mint.get_state_display())


FINDERS = (
    SearchFinder(
        "wallets", find_wallets, "nft.view_linkedaccount", gettext_lazy("a wallet address or its beginning, or CAIP-10")
    ),
    SearchFinder("names", find_names, "nft.view_linkedaccount", gettext_lazy("an ENS name")),
    SearchFinder("tokens", find_tokens, "nft.view_tokenclaim", gettext_lazy("a contract with a token id, or CAIP-19")),
    SearchFinder("contracts", find_contracts, "nft.view_tokenclaim"),
    SearchFinder("files", find_files, "nft.view_cachedobject", gettext_lazy("a CID")),
    SearchFinder("transactions", find_transactions, "nft.view_mintrequest", gettext_lazy("a transaction hash")),
)
