"""The inbox: a moderator is led to the next case and decides it with one button; others look, or see nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from profiles.desk.parts import get_attention_sources
from profiles.models import Profile, Reason, ReportCase, Verdict
from profiles.reports.deciding import Decision, decide
from profiles.testing.people import a_person, a_picture, an_upload, in_use
from tests.profiles.reports.test_reports import Subject, guest, person, report

pytestmark = pytest.mark.django_db
LIST, NEXT = reverse("admin:profiles_reportcase_changelist"), reverse("admin:profiles_reportcase_next")


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    cache.clear()


def staff(name: str, *permissions: str) -> User:
    user = a_person(name).user
    get_user_model().objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return get_user_model().objects.get(pk=user.pk)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def mod(db: None) -> Client:
    return browser(staff("mod", "view_reportcase", "change_reportcase", "view_report"))


def do(client: Client, case: ReportCase, act: str, **more: Any) -> Any:
    return client.post(reverse("admin:profiles_reportcase_do", args=[case.pk]), {"act": act, **more}, follow=True)


def page_of(client: Client, case: ReportCase) -> Any:
    return client.get(reverse("admin:profiles_reportcase_change", args=[case.pk]))


def test_from_what_waits_to_the_decision_are_two_clicks_and_the_same_picture_is_decided_with_it(
    mod: Client, alice: Profile, bob: Profile
) -> None:
    content, carol = a_picture(), a_person("carol")
    an_upload(alice, content)
    an_upload(carol, content)
    first, same = report(alice, person(bob), reason=Reason.COPYRIGHT), report(carol, guest())
    [source] = [each for each in get_attention_sources() if each.slug == "reports"]
    [waiting] = source.find()
    assert (waiting.count, waiting.url) == (2, NEXT)
    page = mod.get(waiting.url, follow=True)
    assert page.redirect_chain[-1][0] == reverse("admin:profiles_reportcase_change", args=[first.pk])
    shown = page.content.decode()
    assert "Stolen work" in shown
    assert f'<option value="{Reason.COPYRIGHT}" selected>' in shown
    assert f'value="{same.pk}" checked' in shown
    picture = mod.get(reverse("admin:profiles_reportcase_evidence", args=[first.pk]))
    assert picture.content[8:12] == b"WEBP"
    done = do(mod, first, Verdict.REMOVE, why=Reason.COPYRIGHT, also=[same.pk])
    assert "2 reports are decided." in done.content.decode()
    assert (in_use(alice), in_use(carol)) == (None, None)
    assert "Undo" in page_of(mod, first).content.decode()
    assert mod.get(reverse("admin:profiles_reportcase_evidence", args=[first.pk])).status_code == 403, "removed"
    senior = browser(staff("senior", "view_reportcase", "see_removed_avatar"))
    assert senior.get(reverse("admin:profiles_reportcase_evidence", args=[first.pk])).content[8:12] == b"WEBP"
    refused = do(mod, first, "undo")
    assert (refused.status_code, "Write why" in refused.content.decode()) == (409, True)
    do(mod, first, "undo", words="Hers.")
    assert in_use(alice) is not None
    assert next(iter(source.find())).count == 1


def test_what_can_not_be_done_keeps_what_was_written(mod: Client, alice: Profile, bob: Profile) -> None:
    an_upload(alice)
    case = report(alice, person(bob))
    for wrong in ({"why": "none of ours"}, {}):
        page = do(mod, case, Verdict.REMOVE, words="My own words", **wrong)
        assert page.status_code == 409
        assert 'value="My own words"' in page.content.decode()
    assert do(mod, case, "unheard of", why=Reason.SPAM).status_code == 409
    assert do(mod, case, "assign", to="' OR 1").status_code == 409
    case.refresh_from_db()
    assert case.state == ReportCase.State.OPEN
    for act, name in (("claim", "mod"), ("release", ""), ("assign", "mod")):
        do(mod, case, act, to=get_user_model().objects.get(username="mod").pk)
        case.refresh_from_db()
        assert str(case.assignee or "") == name


def test_whoever_looks_only_decides_nothing_and_others_see_nothing(alice: Profile, bob: Profile) -> None:
    an_upload(alice)
    case = report(alice, person(bob))
    looking, stranger = browser(staff("looking", "view_reportcase")), browser(staff("stranger", "view_profile"))
    assert "Remove the picture" not in page_of(looking, case).content.decode()
    assert do(looking, case, Verdict.REMOVE, why=Reason.SPAM).status_code == 403
    evidence = reverse("admin:profiles_reportcase_evidence", args=[case.pk])
    assert [stranger.get(path).status_code for path in (LIST, NEXT, evidence)] == [403, 403, 403]
    assert page_of(stranger, case).status_code == 403
    assert Client().get(evidence).status_code == 302
    assert looking.get(reverse("admin:profiles_reportcase_change", args=["no-id"])).status_code == 404


def test_a_longer_list_costs_no_more_queries(mod: Client, alice: Profile, bob: Profile) -> None:
    an_upload(alice)
    first = report(alice, person(bob))

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            page = mod.get(LIST)
        assert page.status_code == 200
        return len(asked)

    queries()  # records the first use of the session
    few = queries()
    for number in range(4):
        report(a_person(f"person{number}"), guest(), Subject.PROFILE)
    assert queries() == few
    decide(first.pk, Decision(Verdict.KEEP, Reason.OTHER), staff("other"), timezone.now())
    for query in ("?state=decided", "?whose=nobody", "?q=alice", "?q=%00", f"?q={'a' * 64}", "?state=wrong"):
        assert mod.get(LIST + query).status_code in {200, 302, 400}, query
    assert mod.get(LIST + "?state=decided").context["cl"].result_count == 1
