"""What the site's pages say about pictures, their proof and what to do next, in each state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django import forms
from django.utils import timezone

from avatarsite import home_page, navigation
from avatarsite.home_page import Progress
from nft.views.picture_words import TokenWords, provenance_facts
from profiles.models import Avatar, Notice, Profile
from profiles.notices.words import facts_of, render_subject, template_of
from profiles.page_parts import Pill
from profiles.presenters import notices, pictures
from profiles.serving.showing import ShownPicture
from profiles.source_words import SourceWords
from profiles.templatetags.profiles import error_lead, help_unless_said
from users.templatetags.users import in_our_words

NOTHING_DONE = Progress(has_picture=False, is_described=False, has_profile_text=False, can_recover=False)
ALL_DONE = Progress(True, True, True, True, has_account=True, has_token=True, has_minted=True)
FACTS: dict[str, Any] = {"chain_name": "Ethereum", "block_number": 5, "checked_at": "2026-01-02T00:00:00+00:00"}


def avatar(source: str = "nft", state: str = "active", **columns: Any) -> Avatar:
    made = Avatar(pk=UUID(int=7), source=source, state=state, created_at=datetime(2026, 1, 2, tzinfo=UTC), **columns)
    made.is_current, made.has_mark = False, False
    return made


def shown(found: Avatar | None, *, mark: bool = False) -> ShownPicture:
    return ShownPicture(found, mark, "")


DELEGATED = {"by_delegation": True}


@pytest.mark.parametrize(
    ("picture", "pill"),
    [
        (shown(None), None),
        (shown(avatar("upload")), None),
        (shown(avatar(), mark=True), Pill("Verified NFT", "good")),
        (shown(avatar(provenance=DELEGATED), mark=True), Pill("Verified NFT, by delegation", "good")),
        (shown(avatar(is_doubted=True)), Pill("A transfer is on its way", "wait")),
        (shown(avatar(is_doubted=True, provenance=DELEGATED)), Pill("May have ended", "wait")),
        (shown(avatar(state="withdrawn")), Pill("No longer yours", "wait")),
        (shown(avatar()), Pill("Not checked lately", "wait")),
    ],
)
def test_what_others_see(picture: ShownPicture, pill: Pill | None) -> None:
    note = pictures.shown_note(picture, has_chosen=True, on_loss="")
    assert note.pill == pill
    assert bool(note.text) == (picture.avatar is not None)


@pytest.mark.parametrize(("has_chosen", "headline"), [(True, "No picture at the moment"), (False, "No picture yet")])
def test_no_picture(headline: str, *, has_chosen: bool) -> None:
    assert pictures.shown_note(shown(None), has_chosen=has_chosen, on_loss="").headline == headline


def test_a_lost_picture_is_kept_for_a_while_or_for_good() -> None:
    lost = shown(avatar(state="withdrawn", reason="It was <sold>."))
    texts = [pictures.shown_note(lost, has_chosen=True, on_loss=rule).text for rule in ("keep", "revert")]
    assert ["for a while" in text for text in texts] == [False, True]
    assert all("It was &lt;sold&gt;." in text for text in texts)


@pytest.mark.parametrize(
    ("columns", "is_current", "has_mark", "labels"),
    [
        ({"source": "upload"}, False, False, []),
        ({"source": "upload"}, True, False, ["In use"]),
        ({}, False, True, ["Verified"]),
        ({}, True, True, ["In use", "Verified"]),
        ({}, False, False, ["Not checked lately"]),
        ({"is_doubted": True}, False, False, ["A transfer is on its way"]),
        ({"is_doubted": True, "provenance": DELEGATED}, False, False, ["May have ended"]),
        ({"state": "withdrawn"}, False, False, ["No longer shown"]),
        ({"state": "withdrawn"}, True, False, ["In use", "Without its mark"]),
        ({"state": "removed"}, False, False, ["Taken down"]),
    ],
)
def test_pills_of_the_history(columns: dict[str, Any], labels: list[str], *, is_current: bool, has_mark: bool) -> None:
    entry = avatar(**columns)
    entry.is_current, entry.has_mark = is_current, has_mark
    assert [pill.label for pill in pictures.history_pills(entry)] == labels


@pytest.mark.parametrize(
    ("columns", "is_current", "labels"),
    [
        ({"source": "upload"}, False, ["Use this", "Crop", "Remove"]),
        ({"source": "upload"}, True, ["Crop", "Remove"]),
        ({}, False, ["Use this", "Remove"]),
        ({"state": "withdrawn"}, False, ["Remove"]),
        ({"state": "removed"}, False, []),
    ],
)
def test_actions_of_the_history(columns: dict[str, Any], labels: list[str], *, is_current: bool) -> None:
    entry = avatar(**columns)
    entry.is_current = is_current
    found = pictures.history_entry(entry, "position")
    assert [action.label for action in found.actions] == labels
    assert bool(found.describe_url) == bool(labels)
    if labels:
        assert found.actions[-1].fields == (("after", "position"),)
        assert pictures.history_entry(entry, "").actions[-1].fields == ()


def test_titles_of_the_history() -> None:
    titled, described, bare = avatar(title="Lake"), avatar(alt_text="x" * 90), avatar("upload")
    assert pictures.history_entry(titled, "").title == "Lake"
    assert pictures.history_entry(described, "").title == "x" * 79 + "…"
    assert pictures.history_entry(described, "").describe_label == "Change description"
    assert pictures.history_entry(bare, "").title == "Upload"
    assert pictures.history_entry(bare, "").describe_label == "Add a description"


LAKE = {"name": "Lake", "then": "earlier", "earlier": "Low Sun"}
AGAIN = "Low Sun is your picture again."
BY_FIREFOX = {"template": "users/mail/sign_in", "device": "Firefox on Linux", "ip": "192.0.2.7"}
CHANGED = {"template": "account/email/password_changed", "device": "Firefox on Linux", "ip": "192.0.2.7"}


@pytest.mark.parametrize(
    ("kind", "facts", "sentence", "headline", "text", "label"),
    [
        ("lost", LAKE, "You sent Lake to bob.eth.", "You sent Lake to bob.eth.", AGAIN, "Choose another picture"),
        (
            "lost",
            {"name": "Lake", "then": "kept"},
            "They were stolen.",
            "Lake is no longer your verified picture.",
            "They were stolen. It is still shown, without the mark.",
            "Choose another picture",
        ),
        (
            "removed",
            {"name": "", "then": "drawing"},
            "It shows somebody else.",
            "Your picture was removed by the site’s team.",
            "It shows somebody else. Until you choose a picture, others see a drawing.",
            "Choose another picture",
        ),
        ("made", {"name": "Lake"}, "", "Lake is minted.", "", "See it"),
        (
            "not_made",
            {"name": "Lake"},
            "The chain said no.",
            "Lake could not be minted.",
            "The chain said no.",
            "See it",
        ),
        (
            "sign_in",
            BY_FIREFOX,
            "",
            "New sign-in with Firefox on Linux.",
            "With Firefox on Linux, from 192.0.2.7.",
            "Your devices",
        ),
        ("account", CHANGED, "", "Your password was changed.", "With Firefox on Linux, from 192.0.2.7.", ""),
        (
            "account",
            {"template": "account/email/wallet_unlink", "by_staff": "yes"},
            "",
            "A wallet was unlinked from your profile.",
            "Our team did this.",
            "",
        ),
        ("report_decided", {}, "It was removed.", "Your report was decided.", "It was removed.", ""),
    ],
)
def test_notices(kind: str, facts: dict[str, str], sentence: str, headline: str, text: str, label: str) -> None:
    notice = Notice(kind=kind, subject=str(UUID(int=7)), facts=facts, at=timezone.now(), sentence=sentence)
    (found,) = notices.shown_notices([notice], Profile(), "/here/")
    assert (found.headline, found.text) == (headline, text)
    assert [action.label for action in found.actions] == [each for each in (label, "Mark as read") if each]
    assert found.actions[-1].fields == (("next", "/here/"),)
    notice.read_at = timezone.now()
    (read,) = notices.shown_notices([notice], Profile(), "/here/")
    assert "Mark as read" not in [action.label for action in read.actions]


@pytest.mark.parametrize(
    ("is_offered", "is_current", "label"), [(False, True, ""), (True, True, "Use again"), (False, False, "Use again")]
)
def test_a_picture_whose_right_is_back(label: str, *, is_offered: bool, is_current: bool) -> None:
    picture = avatar(is_offered=is_offered)
    notice = Notice(kind="returned", facts={"name": "Lake"}, at=timezone.now(), read_at=timezone.now(), avatar=picture)
    (found,) = notices.shown_notices([notice], Profile(avatar_id=picture.pk if is_current else None), "/")
    assert found.headline == "Lake is yours again."
    assert [action.label for action in found.actions] == ([label] if label else [])


def test_every_kind_has_a_label_and_its_texts() -> None:
    for kind in Notice.Kind:
        assert notices.kind_label(kind)
        if kind == Notice.Kind.ACCOUNT:  # names its own
            continue
        notice = Notice(kind=kind, subject=str(UUID(int=7)), facts={"name": "Lake"}, at=timezone.now())
        assert render_subject(template_of(notice), facts_of(notice))


def titles(done: Progress, *, with_tokens: bool = True) -> list[str]:
    return [step.title for step in home_page.next_steps(done, "/u/alice/", with_tokens=with_tokens)]


def test_first_steps() -> None:
    assert titles(NOTHING_DONE, with_tokens=False) == [
        "Upload a picture",
        "Add an e\N{NON-BREAKING HYPHEN}mail address",
        "Tell who you are",
    ]
    assert "Link a wallet" in titles(NOTHING_DONE)
    assert titles(ALL_DONE) == ["Use your picture elsewhere"]


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"is_described": False}, "Describe your picture"),
        ({"has_account": False}, "Link a wallet"),
        ({"has_token": False}, "Show an NFT you hold"),
        ({"has_minted": False}, "Make your own NFT"),
        ({"has_unsigned_mint": True}, "Finish your NFT"),
        ({"has_profile_text": False}, "Tell who you are"),
    ],
)
def test_one_step_left(change: dict[str, bool], title: str) -> None:
    assert titles(replace(ALL_DONE, **change)) == sorted(
        [title, "Use your picture elsewhere"], key=lambda one: one != title
    )


@pytest.mark.parametrize(
    ("picture", "start"),
    [
        (shown(None), "You have no picture yet"),
        (shown(avatar(title="Lake"), mark=True), "You show Lake,"),
        (shown(avatar(), mark=True), "You show an NFT,"),
        (shown(avatar()), "You show an NFT. We could not check"),
        (shown(avatar(is_doubted=True)), "You show an NFT, and a transfer of it may be on its way."),
        (shown(avatar("upload")), "This is how others see you."),
    ],
)
def test_greeting(picture: ShownPicture, start: str) -> None:
    assert home_page.greeting(picture).startswith(start)


@pytest.mark.parametrize(
    ("facts", "picture", "headline", "text"),
    [
        (FACTS, shown(avatar(), mark=True), "Held at block 5", "an account of theirs as the holder"),
        (FACTS | DELEGATED, shown(avatar(), mark=True), "Held at block 5", "a vault that lets"),
        (FACTS, shown(avatar()), "Not vouched for at the moment", "too old, or in doubt"),
        (FACTS | {"verdict": "not_owned"}, shown(avatar()), "Not vouched for at the moment", "no longer says"),
        (None, shown(avatar("upload")), "An upload", "vouches for nothing else"),
        (None, shown(None), "No picture", "drawn from the name"),
    ],
)
def test_receipt(facts: dict[str, Any] | None, picture: ShownPicture, headline: str, text: str) -> None:
    verdict = pictures.receipt_verdict(picture, facts)
    assert verdict.headline == headline
    assert text in verdict.text


def test_a_hidden_account_is_not_among_the_facts() -> None:
    terms = [fact.term for fact in provenance_facts(FACTS)]
    assert terms == ["Token", "Token id", "Chain", "Contract", "Checked", "Block", "Image"]
    account = FACTS | {"account": "0xA0", "account_name": "a.eth"}
    held = next(fact for fact in provenance_facts(account) if fact.term == "Held by")
    assert (held.text, held.copied) == ("<strong>a.eth</strong>", "0xA0")


@pytest.mark.parametrize(("account", "who"), [("0xA0", "the account below"), ("", "this person’s account")])
def test_a_vault_is_told(account: str, who: str) -> None:
    facts = provenance_facts(FACTS | DELEGATED | {"account": account, "vault": "0xB0"})
    by_term = {fact.term: fact for fact in facts}
    assert who in by_term["Held"].text
    assert by_term["Vault"].copied == "0xB0"
    assert ("Delegated to" in by_term) == bool(account)
    assert "a vault. The vault" in TokenWords().how_we_know("Alice", FACTS | DELEGATED)
    assert "named an account that Alice proved" in TokenWords().how_we_know("Alice", FACTS)
    assert TokenWords().in_short("Alice", FACTS) == "Alice owns this NFT. Checked on Ethereum."


@pytest.mark.parametrize(
    ("proof", "start"), [("cid", "Proved: every byte"), ("inline", "Proved: the image"), ("mutable", "Read from a web")]
)
def test_how_the_image_is_proved(proof: str, start: str) -> None:
    image = next(fact for fact in provenance_facts(FACTS | {"proof": proof}) if fact.term == "Image")
    assert image.text.startswith(start)


@pytest.mark.parametrize(
    ("here", "label", "current"),
    [
        ("profiles:picture", ("Pictures", "Your pictures"), "page"),
        ("profiles:history", ("Pictures", "Your pictures"), "true"),
        ("nft:claim_detail", ("Wallets & NFTs", "NFTs"), "true"),
        ("account_change_password", ("Sign-in & security", "Password"), "page"),
        ("mfa_add_webauthn", ("Sign-in & security", "Passkeys & 2-step"), "true"),
    ],
)
def test_settings_say_where_one_is(here: str, label: tuple[str, str], current: str) -> None:
    groups = navigation.settings_groups(here)
    [group] = [group for group in groups if group.link.current]
    [page] = [page for page in group.pages if page.current]
    assert ((group.link.label, page.label), page.current) == (label, current)
    assert all(not other.pages for other in groups if other != group), "other groups are closed"


def test_a_group_of_one_page_is_that_page(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = navigation.Group("Developer", (navigation.Page("API tokens", "profiles:api_tokens"),))
    monkeypatch.setattr(navigation, "SETTINGS", (alone,))
    [group] = [group for group in navigation.settings_groups("profiles:api_tokens") if group.link.current]
    assert (group.link.current, group.pages) == ("page", ())
    assert not [group for group in navigation.settings_groups("home") if group.link.current]


#: Pages that an app may bring. Until one does, they are left out.
AWAITED = {"profiles:notices", "profiles:data"}


def test_every_other_page_of_the_settings_exists() -> None:
    pages = [page for group in navigation.SETTINGS for page in group.pages]
    assert {page.view for page in pages if not page.url} <= AWAITED


def test_what_needs_another_app_is_left_out_without_it() -> None:
    assert navigation.Page("Sold", "profiles:loss", needs="nft:tokens").url
    assert not navigation.Page("Sold", "profiles:loss", needs="absent:view").url


class _Form(forms.Form):
    question = forms.CharField(label="What?", help_text="Say it.")
    password1 = forms.CharField(help_text="allauth's own words")

    def clean_question(self) -> str:
        raise forms.ValidationError("Say it.")


def test_labels_and_help_of_fields() -> None:
    form = _Form({"question": "x"})
    assert [error_lead(form[name]) for name in ("question", "password1")] == ["What?", "Password1:"]
    assert help_unless_said(form["question"]) == ""
    assert help_unless_said(_Form()["question"]) == "Say it."
    assert help_unless_said(in_our_words(form)["password1"]).startswith("At least 8 characters")


def test_a_source_without_words_of_its_own_has_those_for_every_source() -> None:
    words, picture = SourceWords(), avatar("unknown", reason="It <ended>.")
    notes = [words.verified(picture, "<b>"), words.doubted(picture), words.unchecked(picture)]
    notes += [words.kept(picture, for_good=each) for each in (True, False)]
    assert [note.pill.style for note in notes] == ["good", *["wait"] * 4]
    assert not any("<b>" in note.text or "<ended>" in note.text for note in notes)
    assert pictures.shown_note(shown(picture), has_chosen=True, on_loss="").pill == words.unchecked(picture).pill
    facts = words.facts({"asset_id": "club/<7>", "none": None})
    assert [(fact.term, fact.text) for fact in facts] == [("asset_id", "club/&lt;7&gt;")]
    assert words.verdict({}, is_marked=True) != words.verdict({}, is_marked=False)
