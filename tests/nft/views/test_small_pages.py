"""What the pages of a transfer, of a proof and of linked accounts say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from nft.accounts.listing import ShownAccount
from nft.claims.proofs import Fixity, Proof, Source
from nft.forms.transfers import TransferForm
from nft.models import TokenClaim
from nft.transfers.following import Stage, TransferProgress
from nft.transfers.sending import Receiver
from nft.views.prove_page import source_pill, unhashable, unproved
from nft.views.transfer_page import Sending, sent_page, transfer_facts, transfer_warning, what_is_sent
from nft.views.wallet_page import account_entry, unlinked_sentence
from profiles.models import Avatar
from profiles.page_parts import Pill
from profiles.serving.showing import ShownPicture
from tests.nft.views.test_claim_page import READY

AT = datetime(2026, 1, 2, tzinfo=UTC)
TRANSACTION = {"from": "0xF0", "chain_name": "Ethereum"}
ACCOUNT = ShownAccount(UUID(int=4), "0xA0", "", "", False, False, False, 1, "Ethereum", AT, AT)


@pytest.mark.parametrize(
    ("receiver", "terms"),
    [
        (Receiver("0xE0"), ["To"]),
        (Receiver("0xE0", name="bob.eth"), ["To the name", "Whose address is"]),
        (Receiver("0xE0", handle="bob"), ["To the person", "Whose address is"]),
    ],
)
def test_a_transfer_names_who_gets_the_token(receiver: Receiver, terms: list[str]) -> None:
    facts = transfer_facts(READY, Sending(receiver, TRANSACTION))
    assert [fact.term for fact in facts] == ["You send", "From", *terms, "On"]
    assert facts[-2].text == "<code>0xE0</code>"
    assert ("name can be given another address" in transfer_warning(receiver)) == bool(receiver.name)


def test_a_name_can_not_bring_markup() -> None:
    facts = transfer_facts(READY, Sending(Receiver("0xE0", name="<b>.eth"), TRANSACTION))
    assert "<b>" not in facts[2].text
    assert transfer_facts(replace(READY, collection=""), Sending(Receiver("0xE0"), TRANSACTION))[0].text == READY.name


@pytest.mark.parametrize(
    ("amount", "copies", "expected"),
    [
        (1, 1, "1 copy of Quiet Lake, Lakes"),
        (2, 3, "2 of your 3 copies of Quiet Lake, Lakes"),
        (3, 3, "3 copies of Quiet Lake, Lakes"),
        (2, None, "2 copies of Quiet Lake, Lakes"),
    ],
)
def test_a_transfer_of_copies_says_how_many(amount: int, copies: int | None, expected: str) -> None:
    edition = replace(READY, standard="erc1155")
    assert what_is_sent(edition, Sending(Receiver("0xE0"), TRANSACTION, amount, copies)) == expected


@pytest.mark.parametrize(
    ("progress", "headline", "text"),
    [
        (TransferProgress(Stage.SENT), "On its way", "Your transfer was sent to Ethereum."),
        (TransferProgress(Stage.IN_BLOCK, "bob.eth"), "On its way", "It is in a block that is not final yet."),
        (TransferProgress(Stage.DONE, "bob.eth"), "Sent to bob.eth", "The transfer is final."),
        (TransferProgress(Stage.DONE), "It was sent", "The transfer is final."),
    ],
)
def test_a_transfer_is_followed_to_its_end(progress: TransferProgress, headline: str, text: str) -> None:
    page = sent_page(TokenClaim(transfer_tx="0xab"), progress, "Ethereum")
    assert (page.headline, page.text, page.tx_hash) == (headline, text, "0xab")
    assert bool(page.status_url) is not progress.has_ended


def test_a_transfer_that_nobody_sees_ends_with_what_can_be_done() -> None:
    page = sent_page(TokenClaim(transfer_tx="0xab"), TransferProgress(Stage.MISSING), "Ethereum")
    assert page.headline == "We saw no transfer"
    assert [action.label for action in page.actions] == ["Your NFTs", "Send again"]


@pytest.mark.parametrize(
    ("withdrawn", "expected"),
    [
        (0, "The account is unlinked."),
        (1, "The account is unlinked, and its picture is no longer shown."),
        (2, "The account is unlinked, and its 2 pictures are no longer shown."),
    ],
)
def test_unlinking_says_what_went_with_the_account(withdrawn: int, expected: str) -> None:
    assert unlinked_sentence(withdrawn) == expected


@pytest.mark.parametrize(
    ("fixity", "style", "start"),
    [
        (Fixity.INLINE, "good", "The picture is written in the token"),
        (Fixity.MUTABLE, "wait", "The picture was read from a web address"),
        (Fixity.FIXED, "good", "We no longer keep the blocks"),
    ],
)
def test_how_fixed_a_file_is(fixity: Fixity, style: str, start: str) -> None:
    source = Source("picture", "uri", fixity)
    assert source_pill(source).style == style
    assert unhashable(Proof(source, source)).startswith(start)


@pytest.mark.parametrize(
    ("avatar", "headline"), [(None, "There is no picture to prove"), (Avatar(), "This picture is an upload")]
)
def test_what_can_not_be_proved(avatar: Avatar | None, headline: str) -> None:
    found = unproved("Alice", ShownPicture(avatar, mark=False, alt_text=""))
    assert found.headline == headline
    assert found.text.startswith("Alice ")


@pytest.mark.parametrize(
    ("columns", "pills", "proved"),
    [
        ({}, (Pill("Hidden"),), "Proved on Ethereum"),
        ({"is_public": True}, (Pill("Address shown to all", "wait"),), "Proved on Ethereum"),
        ({"is_primary": True}, (Pill("Primary", "good"), Pill("Hidden")), "Proved on Ethereum"),
        ({"is_contract_account": True}, (Pill("Hidden"),), "Contract account on Ethereum"),
    ],
)
def test_an_account(columns: dict[str, Any], pills: tuple[Pill, ...], proved: str) -> None:
    entry = account_entry(replace(ACCOUNT, **columns), can_unlink=True)
    assert (entry.title, entry.pills, entry.proved) == ("Account", pills, proved)
    assert (entry.make_primary is None) == bool(columns.get("is_primary"))
    assert entry.unlink is not None


def test_the_only_way_in_can_not_be_unlinked() -> None:
    entry = account_entry(replace(ACCOUNT, label="Mine"), can_unlink=False)
    assert entry.unlink is None
    assert entry.make_primary is not None
    assert entry.make_primary.subject == entry.title == "Mine"


@pytest.mark.parametrize(
    ("amount", "copies", "said"),
    [
        (2**256 - 1, None, []),
        (2**256, None, ["That is more than a contract can count."]),
        (2**256, 3, ["You have 3."]),
        (3, 3, []),
    ],
)
def test_no_more_copies_are_sent_than_there_can_be(amount: int, copies: int | None, said: list[str]) -> None:
    form = TransferForm({"to": "0xE0", "amount": str(amount)}, reads_names=False, copies=copies)
    assert form.errors.get("amount", []) == said
