"""A guest reports, a moderator decides in two clicks, both are told, and somebody else takes the decision back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from profiles.models import Profile, Report, ReportCase
from profiles.reports.answering import answer_report
from profiles.store.objects import get_if_intact, master_key
from profiles.testing.jobs import run
from profiles.testing.people import a_person, an_upload, in_use
from tests.browser.accessibility import faults_in_every_look, violations
from users.notice_mails import send_due

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_chain", "uncollected_static_files", "redis_server"),
]
Open = Callable[..., Page]


@pytest.fixture(scope="session", autouse=True)
def _static_root() -> None:
    """Make the folder before the server starts, which warns if there is none."""
    Path(site_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def browse(live_server: Any, chromium: Browser, settings: Any) -> Iterator[Open]:
    """Return a function that opens a browser: of a guest, or of the person who is signed in there."""
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    contexts = []

    def open_one(user: User | None = None, *, width: int = 1280) -> Page:
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 844}, reduced_motion="reduce"
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user, "django.contrib.auth.backends.ModelBackend")
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def alice(transactional_db: None) -> Profile:
    cache.clear()
    return a_person("alice", display_name="Alice Liddell")


def moderator(name: str) -> User:
    user = a_person(name).user
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.groups.add(Group.objects.get(name="moderate"))
    return User.objects.get(pk=user.pk)


def answer_everybody() -> None:
    for report_id in Report.objects.filter(due_at__isnull=False).values_list("pk", flat=True):
        run(answer_report, report_id)
    send_due(timezone.now())


def test_a_report_from_a_guest_to_the_end_of_an_appeal(browse: Open, alice: Profile, tmp_path: Path) -> None:
    picture = an_upload(alice)
    first, second = moderator("first"), moderator("second")

    guest = browse(width=390)
    guest.goto("/u/alice/")
    guest.get_by_role("link", name="Report").click()
    guest.screenshot(path=tmp_path / "report-390.png", full_page=True)
    assert faults_in_every_look(guest) == []
    guest.get_by_role("button", name="Send report").click()
    guest.get_by_label("Stolen work or copyright").check()
    guest.get_by_label("Tell us more").fill("I drew this: https://example.org/original")
    guest.get_by_label("Your e-mail address").fill("artist@example.org")
    guest.get_by_role("button", name="Send report").click()
    expect(guest.get_by_text("Thank you. Our team looks at it, and you hear what we decide.")).to_be_visible()

    staff = browse(first)
    staff.goto(reverse("admin:index"))
    staff.get_by_role("link", name="Reports to decide").first.click()
    expect(staff.get_by_text("I drew this")).to_be_visible()
    for width in (390, 1280):
        staff.set_viewport_size({"width": width, "height": 900})
        staff.screenshot(path=tmp_path / f"case-{width}.png", full_page=True)
        assert staff.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(staff) == []
    staff.get_by_role("button", name="Remove the picture").click()
    expect(staff.get_by_text("1 report is decided.")).to_be_visible()
    assert in_use(alice) is None

    answer_everybody()
    [to_guest] = mail.outbox
    assert (to_guest.to, "without their permission" in to_guest.body) == (["artist@example.org"], True)
    owner = browse(alice.user)
    owner.goto("/")
    expect(owner.get_by_text("It shows somebody’s work without their permission.").first).to_be_visible()
    owner.get_by_role("link", name="Appeal").first.click()
    owner.screenshot(path=tmp_path / "appeal-1280.png", full_page=True)
    assert faults_in_every_look(owner) == []
    owner.get_by_label("Why should we look at it again?").fill("I am the artist.")
    owner.get_by_role("button", name="Appeal").click()
    expect(owner.get_by_text("Your appeal is with our team.")).to_be_visible()

    case = ReportCase.objects.get()
    staff.goto(reverse("admin:profiles_reportcase_change", args=[case.pk]))
    expect(staff.get_by_text("You decided this first.")).to_be_visible()
    other = browse(second)
    other.goto(reverse("admin:index"))
    other.get_by_role("link", name="appeals to decide").first.click()
    other.get_by_label("Why (both sides read it)").fill("She proved that it is hers.")
    other.get_by_role("button", name="Take the decision back").click()
    expect(other.get_by_text("The appeal is decided for good")).to_be_visible()
    assert in_use(alice) == picture
    assert get_if_intact(master_key(picture.image.sha256)) is not None

    answer_everybody()
    assert "She proved that it is hers." in mail.outbox[-1].body
    owner.goto("/notices/")
    expect(owner.get_by_text("the decision is taken back").first).to_be_visible()
    other.goto(reverse("admin:profiles_profile_change", args=[alice.pk]))
    expect(other.get_by_text("Took a decision back that they had appealed").first).to_be_visible()
