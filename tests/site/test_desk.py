"""The staff's desk: it finds a person by whatever a complaint says, shows what is known, and acts with a reason."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from localstack.binaries import ROOT
from nft.clients.ipfs.scores import GatewayScores
from nft.models import CachedObject, TokenClaim, WatchedChain
from nft.settings import conf
from profiles.desk import parts
from profiles.desk.audit_words import UNKNOWN, sentence_of
from profiles.desk.counts import BOUND, words_of_count
from profiles.desk.roles import make_groups
from profiles.models import AuditEntry, Notice, StaffNote
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.people import a_person, an_upload, in_use
from tests.kit.desk import ADDRESS, CHAIN_ID, HIDDEN, Case, a_case, a_member_of_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
WORDS = ["alice", "';DROP", '"', "%", "\\", "(", "1", "-1", "9" * 90, "0x", "0x" + "f" * 40]
WORDS += ["0x" + "f" * 64, "f" * 64, "1e999", "\u202e\uffff\U0010ffff", "é" * 90, "2026-01-01", "true", "@", ".eth"]
WORDS += ["http://[", "eip155:1", "00000000-0000-0000-0000-000000000000", "eip155:99999999999999999999999999:0x00"]
# A search looks at 8 words, each in each field.
HOSTILE = [" ".join(WORDS[start : start + 8]) for start in range(0, len(WORDS), 8)]


RECORDED = re.compile(
    r"(?:record|record_as_staff|refresh_current)\([^\"()]*(?:\([^()]*\))?[^\"()]*\"([a-z_]+\.[a-z_]+)\""
)


@pytest.fixture
def case() -> Case:
    return a_case()


@pytest.fixture
def boss(client: Client) -> User:
    user = User.objects.create_superuser("boss")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return user


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def person_url(case: Case) -> str:
    return reverse("admin:profiles_profile_change", args=[case.person.pk])


def picture_url(case: Case) -> str:
    return reverse("admin:profiles_avatar_change", args=[case.upload.pk])


def act(client: Client, kind: str, pk: object, slug: str, reason: str = "Because.", **more: str) -> Any:
    return client.post(reverse(f"admin:profiles_{kind}_act", args=[pk, slug]), {"reason": reason, **more})


def test_every_text_of_a_complaint_leads_to_the_person_or_the_picture(case: Case, boss: User, client: Client) -> None:
    wanted = {person_url(case), picture_url(case), reverse("admin:profiles_avatar_change", args=[case.token.pk])}
    wanted.add(reverse("admin:nft_mintrequest_change", args=[case.mint.pk]))
    for what, text in case.texts().items():
        answer = client.get(reverse("admin:desk_find"), {"q": f" {text} "})
        found = {answer["Location"]} if answer.status_code == 302 else {hit.url for hit in answer.context["hits"]}
        assert found & wanted, what
        assert answer.status_code == 302 or len(found) <= 4, what
    assert "Nothing is known by" in client.get(reverse("admin:desk_find"), {"q": "nobody at all"}).content.decode()


def test_a_hidden_wallet_is_found_by_its_whole_address_only_and_that_is_recorded(
    case: Case, boss: User, client: Client
) -> None:
    find = reverse("admin:desk_find")
    assert client.get(find, {"q": HIDDEN[:20]}).status_code == 200, "no hit"
    assert not AuditEntry.objects.filter(action="account.find").exists()
    assert client.get(find, {"q": HIDDEN})["Location"] == person_url(case)
    entry = AuditEntry.objects.get(action="account.find")
    assert (entry.actor, entry.profile, entry.is_by_staff) == (boss, case.person, True)
    assert "cdcd" not in str(entry.detail)
    page = client.get(person_url(case)).content.decode()
    assert HIDDEN[2:10].lower() not in page.lower()
    assert ADDRESS[2:10].lower() in page.lower()


def test_the_page_of_a_person_shows_what_is_known(case: Case, boss: User, client: Client) -> None:
    a_member = a_member_of_staff("moira", "moderate")
    StaffNote.objects.create(profile=case.person, author=a_member, text="Wrote to us <b>twice</b>.")
    act(client, "avatar", case.token.pk, "remove", "Stolen.")
    page = client.get(person_url(case)).content.decode()
    for said in ("Alice Liddell", "Dawn", "The chain said yes.", "Dusk", "savings", "alice@example.org", "At the sea"):
        assert said in page, said
    for said in ("Removed a picture: Stolen.", "Wrote to us &lt;b&gt;twice", "removed by staff", "Set a new picture."):
        assert said in page, said
    assert reverse("admin:desk_picture_file", args=[case.upload.pk]) in page


def test_a_longer_history_costs_no_more_queries(case: Case, boss: User, client: Client) -> None:
    client.get(person_url(case))
    with CaptureQueriesContext(connection) as few:
        client.get(person_url(case))
    for _ in range(4):
        an_upload(case.person)
    with CaptureQueriesContext(connection) as many:
        client.get(person_url(case))
    assert len(many) == len(few) <= 40


def test_a_picture_is_hidden_removed_and_put_back(case: Case, boss: User, client: Client) -> None:
    pk = case.upload.pk
    assert act(client, "avatar", pk, "hide", " ").status_code == 422, "a reason is needed"
    assert act(client, "avatar", pk, "hide", "A complaint.").status_code == 302
    assert in_use(case.person) == case.token
    assert not Notice.objects.filter(kind="removed").exists(), "nothing is decided yet"
    assert client.get(f"/pictures/{case.upload.image.renditions.all()[0].sha256}.webp").status_code == 404
    act(client, "avatar", pk, "remove", "Shows somebody else.")
    assert Notice.objects.get(kind="removed").sentence == "Shows somebody else."
    act(client, "avatar", pk, "put-back", "It is her.")
    assert in_use(case.person) == case.upload
    assert Notice.objects.get(kind="returned").facts["by_staff"] == "yes"
    said = [sentence_of(entry) for entry in AuditEntry.objects.filter(is_by_staff=True).order_by("pk")]
    assert said == [
        "Hid a picture: A complaint.",
        "Removed a picture: Shows somebody else.",
        "Put a removed picture back: It is her.",
    ]
    history = client.get(reverse("admin:profiles_avatar_history", args=[pk]), follow=True).content.decode()
    assert "Put a removed picture back: It is her." in history


def test_a_removed_picture_is_kept_for_an_undo_without_its_public_files(
    case: Case, boss: User, client: Client, settings: Any
) -> None:
    act(client, "avatar", case.upload.pk, "remove")
    later = timezone.now() + timedelta(hours=1)
    purge_unreferenced_images(later)
    assert not case.upload.image.renditions.exists()
    file = reverse("admin:desk_picture_file", args=[case.upload.pk])
    assert client.get(file).content[:4] == b"RIFF"
    looker = sign_in(a_member_of_staff("luke", "look"))
    assert looker.get(file).status_code == 403
    assert looker.get(person_url(case)).status_code == 200
    act(client, "avatar", case.upload.pk, "put-back")
    case.upload.image.refresh_from_db()
    assert case.upload.image.due_at is not None, "a worker makes them again"
    act(client, "avatar", case.upload.pk, "remove")
    purge_unreferenced_images(later + timedelta(days=31))
    assert not type(case.upload).objects.filter(pk=case.upload.pk).exists()


def test_the_same_bytes_are_removed_everywhere(case: Case, boss: User, client: Client) -> None:
    bob = a_person("bob")
    content = b"".join(client.get(reverse("admin:desk_picture_file", args=[case.upload.pk])))
    theirs = an_upload(bob, content)
    if theirs.image_id != case.upload.image_id:
        type(theirs).objects.filter(pk=theirs.pk).update(image=case.upload.image)
    assert "@bob" in client.get(picture_url(case)).content.decode()
    assert client.get(picture_url(case), {"similar": 1}).status_code == 200
    act(client, "avatar", case.upload.pk, "remove-everywhere", "Illegal.")
    assert set(type(theirs).objects.filter(image=case.upload.image).values_list("state", flat=True)) == {"removed"}


def test_a_person_is_locked_and_unlocked(case: Case, boss: User, client: Client) -> None:
    hers = sign_in(case.person.user)
    assert act(client, "profile", case.person.pk, "lock", "").status_code == 422
    act(client, "profile", case.person.pk, "lock", "Spam.")
    case.person.refresh_from_db()
    assert case.person.is_hidden
    assert client.get("/u/alice/").status_code == 404
    assert hers.get("/settings/profile/").status_code == 302
    assert "locked" in client.get(person_url(case)).content.decode()
    assert "already" in act(client, "profile", case.person.pk, "lock", "Again.").content.decode()
    act(client, "profile", case.person.pk, "unlock", "A mistake.")
    assert client.get("/u/alice/").status_code == 200


def test_sessions_end_and_a_lost_second_factor_is_reset_and_told(case: Case, boss: User, client: Client) -> None:
    user = case.person.user
    UserSession.objects.create(user=user, session_key="s1", ip="::1", user_agent="Firefox")
    act(client, "profile", case.person.pk, "end-sessions", "Asked by phone.")
    assert not UserSession.objects.filter(user=user).exists()
    assert "no second factor" in act(client, "profile", case.person.pk, "reset-second-factor").content.decode()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    act(client, "profile", case.person.pk, "reset-second-factor", "Lost the phone, showed a passport.")
    assert not Authenticator.objects.filter(user=user).exists()
    notice = Notice.objects.get(kind="account")
    assert notice.due_at is not None
    assert notice.due_at <= timezone.now(), "told at once"
    assert "Lost the phone" in str(notice.facts)


def test_the_chain_is_asked_again_from_the_page_of_a_picture(case: Case, boss: User, client: Client) -> None:
    act(client, "avatar", case.token.pk, "recheck", "She says it is hers.", next=person_url(case))
    case.claim.refresh_from_db()
    assert case.claim.due_at is not None
    act(client, "avatar", case.token.pk, "refetch", "The artist changed it.")
    case.claim.picture.refresh_from_db()
    assert case.claim.picture.due_at is not None
    TokenClaim.objects.all().delete()
    assert "nothing to check" in act(client, "avatar", case.token.pk, "recheck").content.decode()


def test_each_role_may_do_its_part_and_no_more(case: Case) -> None:
    tries = {
        "hide": ("avatar", case.upload.pk),
        "recheck": ("avatar", case.token.pk),
        "lock": ("profile", case.person.pk),
        "end-sessions": ("profile", case.person.pk),
    }
    may = {
        "look": set(),
        "moderate": {"hide", "recheck", "lock", "end-sessions"},
        "operate": {"recheck"},
        "own": {"hide", "recheck", "lock", "end-sessions"},
    }
    make_groups()  # again: idempotent
    for role, allowed in may.items():
        client = sign_in(a_member_of_staff(f"{role}er", role))
        page = client.get(person_url(case)).content.decode()
        for slug, (kind, pk) in tries.items():
            answer = act(client, kind, pk, slug, "")
            assert answer.status_code == (422 if slug in allowed else 403), (role, slug)
        assert ("/do/lock/" in page) == ("lock" in allowed), role
        assert client.get(reverse("admin:index")).status_code == 200
    nobody = a_person("nobody").user
    assert sign_in(nobody).get(person_url(case)).status_code == 302


def test_a_note_is_for_staff_and_the_audit_knows_that_it_was_written(case: Case, boss: User, client: Client) -> None:
    url = reverse("admin:desk_note", args=[case.person.pk])
    client.post(url, {"text": " "})
    assert not StaffNote.objects.exists()
    client.post(url, {"text": "Be patient with her."})
    assert StaffNote.objects.get().author == boss
    assert "patient" not in str(AuditEntry.objects.get(action="note.add").detail)
    assert "patient" not in client.get("/u/alice/").content.decode()


def test_the_start_page_says_what_needs_a_person_and_where(case: Case, boss: User, client: Client) -> None:
    now = timezone.now()
    TokenClaim.objects.update(due_at=now - timedelta(hours=2), checked_at=now - timedelta(hours=2))
    WatchedChain.objects.create(chain_id=CHAIN_ID, next_block=1, alarm="Node 1 lies.", alarm_at=now)
    gateway = conf().ipfs_gateways[0] if conf().ipfs_gateways else ""
    if gateway:
        GatewayScores(caches["default"]).record_false_data(gateway)
    CachedObject.objects.create(
        uri="ipfs://x", root_cid="x", origin="fetched", byte_count=1, sha256="", proved_at=now, damaged_at=now
    )
    Notice.objects.create(profile=case.person, kind="lost", at=now, mail_refusal="550 no such mailbox")
    page = client.get(reverse("admin:index"))
    said = {str(line.waiting.label): line for line in page.context["start"].lines}
    text = page.content.decode()
    for words in ("Node 1 lies.", "Marks expire on", "mails of this week that were refused", "IPFS files are damaged"):
        assert words.lower() in text.lower(), words
    for line in said.values():
        if line.waiting.url:
            assert client.get(line.waiting.url).status_code == 200, line.waiting.label
    assert [line.waiting.severity for line in page.context["start"].lines] == sorted(
        (line.waiting.severity for line in page.context["start"].lines), reverse=True
    )
    assert {part.name for part in page.context["start"].parts} >= {"Jobs", "Mail", "Blockchains", "Workers and queues"}


def test_the_start_page_is_read_in_few_statements_and_kept_for_seconds(
    case: Case, boss: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    page = client.get(reverse("admin:index"))
    before = page.context["start"]
    assert f"As of {timezone.localtime(before.at):%H:%M:%S}." in page.content.decode()
    TokenClaim.objects.update(gave_up_at=timezone.now())
    with django_assert_max_num_queries(5):
        kept = client.get(reverse("admin:index")).context["start"]
    assert (kept.at, len(kept.lines)) == (before.at, len(before.lines))
    client.post(reverse("admin:desk_note", args=[case.person.pk]), {"text": "Done."})
    with django_assert_max_num_queries(26):
        again = client.get(reverse("admin:index")).context["start"]
    assert again.at > before.at
    assert len(again.lines) == len(before.lines) + 1
    looker = sign_in(a_member_of_staff("nora"))
    assert {part.name for part in looker.get(reverse("admin:index")).context["start"].parts} == {
        "Jobs",
        "Workers and queues",
    }, "of what is kept, each sees only what they may"


def test_a_part_that_can_not_be_read_is_trouble_and_not_health(
    boss: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> list[parts.Waiting]:
        raise RuntimeError

    monkeypatch.setitem(parts._attention, "jobs", parts.AttentionSource("jobs", "Jobs", fail))
    start = client.get(reverse("admin:index")).context["start"]
    assert next(part for part in start.parts if part.name == "Jobs").worst == parts.Severity.ALARM


def test_no_search_text_breaks_a_page(case: Case, boss: User, client: Client) -> None:
    pages = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry]
    for name in pages:
        for text in [*HOSTILE, "f" * 64]:
            assert client.get(reverse(name), {"q": text}).status_code < 500, (name, text)
    for text in [*HOSTILE, *WORDS, "a\0b"]:
        assert client.get(reverse("admin:desk_find"), {"q": text}).status_code < 500, text


def test_no_filter_of_the_audit_breaks_it(case: Case, boss: User, client: Client) -> None:
    url = reverse("admin:profiles_auditentry_changelist")
    for name in ("person", "row", "picture", "claim", "action", "by"):
        for text in (HOSTILE[0], "9" * 30, "\0", "-1"):
            assert client.get(url, {name: text}).status_code < 500, (name, text)
    act(client, "profile", case.person.pk, "lock", "Spam.")
    page = client.get(url, {"by": "staff"})
    assert [entry.action for entry in page.context["cl"].result_list] == ["person.lock"]


def test_every_action_that_the_code_records_has_its_words() -> None:
    said: set[str] = set()
    for app in ("profiles", "nft", "users", "avatarsite"):
        for file in (ROOT / app).rglob("*.py"):
            text = file.read_text("utf-8")
            said.update(
                re.findall(
                    r"(?:record|record_as_staff|refresh_current)\([^\"()]*(?:\([^()]*\))?[^\"()]*\"([a-z_]+\.[a-z_]+)\"",
                    text,
                )
            )
    assert len(said) > 25
    assert said <= set(parts.get_audit_words()), said - set(parts.get_audit_words())


def test_an_entry_without_a_fact_is_still_a_sentence(case: Case) -> None:
    entry = AuditEntry(profile=case.person, action="avatar.moderate", detail={})
    assert sentence_of(entry) == f"Removed a picture: {UNKNOWN}"
    assert sentence_of(AuditEntry(profile=case.person, action="no.words", detail={"reason": "x"})) == "no.words: x"
    assert (words_of_count(12), words_of_count(BOUND)) == ("12", "1,000+")


def test_a_bulk_action_keeps_the_selection_and_says_what_it_did(case: Case, boss: User, client: Client) -> None:
    url = reverse("admin:profiles_avatar_changelist")
    asked = {"action": "remove_for_the_site", "_selected_action": [str(case.upload.pk), str(case.token.pk)]}
    page = client.post(url, asked)
    assert page.context["selected"] == asked["_selected_action"]
    done = client.post(url, {**asked, "reason": "Spam."}, follow=True)
    assert "2 pictures are removed." in done.content.decode()


def test_lists_show_no_red_cross_for_no() -> None:
    icon = (ROOT / "static/admin/img/icon-no.svg").read_text("utf-8")
    assert "#dd4646" not in icon
