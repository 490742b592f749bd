"""What `nft` keeps of a person, for their export and their deletion."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.contrib.auth.models import User

from nft.models import (
    AccountReturn,
    ClaimCheck,
    ClaimPicture,
    HeldToken,
    LinkedAccount,
    MintRequest,
    OwnershipProof,
    PrimaryName,
    ReceivedToken,
    SentToken,
    SignInChallenge,
    SponsoredTransaction,
    TokenClaim,
    TokenSearch,
    WalletSession,
)
from profiles.own_data.parts import ExportFile, Files, Part, leave_out, register_eraser, register_files, register_part
from profiles.sentences import gettext_noop
from profiles.store import objects

TOKEN = ("chain_id", "contract", "token_id", "standard")
WORK = gettext_noop("How far a job is.")
PARTS = (
    Part(
        LinkedAccount,
        "user",
        "wallets",
        gettext_noop("The accounts that you proved to control."),
        ("id", "address", "chain_id", "is_contract_account", "label", "is_public", "is_primary", "linked_at",
         "last_used_at"),
    ),
    Part(
        PrimaryName,
        "account__user",
        "ens_names",
        gettext_noop("The ENS names of your public accounts."),
        ("account_id", "name", "checked_at"),
    ),
    Part(
        WalletSession,
        "user",
        "wallet_sessions",
        gettext_noop("Sessions that a wallet began."),
        ("id", "account_id", "text", "begun_at", "seen_at", "checked_at", "ended_at", "ended_because"),
        {"signature": gettext_noop("With it, a contract is asked whether it still accepts the session.")},
    ),
    Part(
        AccountReturn,
        "user",
        "moved_accounts",
        gettext_noop("An account that you moved away, and that leads back to you."),
        ("address", "chain_id", "is_contract_account", "left_at"),
    ),
    Part(
        TokenClaim,
        "user",
        "nfts",
        gettext_noop("The NFTs that you asked to show, and what the chain last answered."),
        ("id", "account_id", "vault", *TOKEN, "state", "reason", "reason_sentence", "checked_at",
         "checked_block_number", "checked_block_hash", "moved_at_block", "avatar_id", "created_at", "transfer_tx",
         "is_transfer_refused", "watch_until", "asked_at"),
        {"is_checked_alone": WORK, "spoils_batches": WORK},
    ),
    Part(
        ClaimPicture,
        "claim__user",
        "nft_pictures",
        gettext_noop("Where the picture of each of these NFTs came from."),
        ("claim_id", "state", "step", "name", "collection", "token_uri", "image_uri", "image_cid", "proof", "sha256",
         "new_facts", "declined_sha256", "changed_at", "compared_at"),
        {"new_image_id": gettext_noop("The token's picture, which you have not accepted.")},
    ),
    Part(
        ClaimCheck,
        "claim__user",
        "nft_checks",
        gettext_noop("The history of the chain's answers."),
        ("claim_id", "at", "verdict", "reason", "sentence", "block_number", "block_hash", "last_at",
         "last_block_number"),
    ),
    Part(
        OwnershipProof,
        "claim__user",
        "nft_proofs",
        gettext_noop(
            "The last proof of each answer. The proof itself is at the picture's address, while the "
            "account is public."
        ),
        ("claim_id", "proved_at", "verdict", "block_number", "block_hash", "rests_on", "account_id", "vault", "sha256"),
        {"content": gettext_noop("The proof itself, which is about the chain.")},
    ),
    Part(
        HeldToken,
        "account__user",
        "nfts_found",
        gettext_noop("NFTs that were found in your accounts, to choose from."),
        ("id", "account_id", *TOKEN, "name", "collection", "first_seen_at", "logged_at_block", "seen_at_block",
         "checked_at", "moved_at_block", "shelf", "spam", "warning"),
        {"image_id": gettext_noop("The token's picture."), "may_ask_hosts": WORK, "move_checks": WORK},
    ),
    Part(
        TokenSearch,
        "account__user",
        "nft_searches",
        gettext_noop("When your accounts were searched for NFTs."),
        ("id", "account_id", "chain_id", "state", "asks_indexers", "started_at", "finished_at", "trouble"),
        dict.fromkeys(
            ("has_asked", "sources", "first_read", "last_read", "floor", "head", "span", "runs"), WORK
        ),
    ),
    Part(
        ReceivedToken,
        "user",
        "nfts_received",
        gettext_noop("NFTs that others sent to you, offered to show."),
        ("id", *TOKEN, "name", "sender", "block_number", "seen_at", "answered_at"),
    ),
    Part(
        SentToken,
        "user",
        "nfts_sent",
        gettext_noop("NFTs that left your accounts."),
        ("id", "chain_id", "contract", "token_id", "recipient", "tx_hash", "block_number", "is_confirmed", "seen_at"),
    ),
    Part(
        MintRequest,
        "user",
        "mints",
        gettext_noop("The NFTs that you made here. The pictures of unpublished ones are in mints/."),
        ("id", "account_id", "chain_id", "contract", "owner", "sponsor", "name", "description", "state",
         "reason_sentence", "image_cid", "metadata_cid", "image_uri", "metadata_uri", "gas", "gas_price", "tx_hash",
         "submitted_at", "token_id", "mined_block_number", "mined_block_hash", "created_at", "published_at",
         "updated_at", "sha256", "is_to_be_used"),
        {
            "idempotency_key": gettext_noop("A number of the form."),
            "picture_id": gettext_noop("The picture itself is in mints/."),
        },
    ),
    Part(
        SponsoredTransaction,
        "request__user",
        "paid_mints",
        gettext_noop("The transactions that this site paid for you."),
        ("request_id", "chain_id", "sender", "nonce", "tx_hash", "gas", "max_fee", "tip", "signed_at", "cost",
         "settled_at"),
        {"raw": gettext_noop("The signed transaction, which is on the chain.")},
    ),
)  # fmt: skip


def register() -> None:
    for part in PARTS:
        register_part(part)
    leave_out(SignInChallenge, "A text to sign, which is deleted soon after its time.")
    register_files(Files("mints", gettext_noop("Pictures of mints that are not published."), list_mint_pictures))
    register_eraser("nft.minting.leaving.erase")


def list_mint_pictures(user: User) -> Iterator[ExportFile]:
    mints = MintRequest.objects.filter(user=user, picture__isnull=False).order_by("pk")
    for mint_id, sha256 in mints.values_list("pk", "picture__sha256"):
        yield ExportFile(f"{mint_id}.webp", partial(objects.get_if_intact, objects.master_key(sha256)))
