"""An operator's tasks, in clicks from the start page: each of the table in docs/operate/desk.md.

A click is a press of a link, a button or Enter in a field. Fields that are filled in are counted beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from nft.models import ClaimCheck, Collection, HeldToken, LinkedAccount
from profiles.models import Avatar, Profile, ReportCase
from profiles.pictures.rights import withdraw_avatar
from profiles.reports.reporting import Complaint, Reporter, take_report
from tests.browser.accessibility import violations
from tests.kit.desk import ADDRESS, Case, a_case

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_chain", "uncollected_static_files", "redis_server"),
]


@dataclass
class Operator:
    """A member of staff at the start page of the admin, whose clicks and filled fields are counted."""

    page: Page
    url: str
    clicks: int = 0
    fields: int = 0

    def begin(self) -> None:
        self.page.goto(f"{self.url}{reverse('admin:index')}")
        self.clicks = self.fields = 0

    def click(self, name: str, *, exact: bool = True, within: str = "#content") -> None:
        self.page.locator(within).get_by_role("link", name=name, exact=exact).or_(
            self.page.locator(within).get_by_role("button", name=name, exact=exact)
        ).first.click()
        self.clicks += 1

    def open(self, label: str) -> None:
        """Open the form of an action of the page."""
        self.page.locator(".desk-actions summary", has_text=label).first.click()
        self.clicks += 1

    def give_reason(self, reason: str) -> None:
        """Fill the open form's reason and send it by Enter."""
        field = self.page.locator("details[open] input[name=reason]").first
        field.fill(reason)
        self.fields += 1
        field.press("Enter")
        self.clicks += 1
        self.page.wait_for_load_state()

    def find(self, text: str) -> None:
        field = self.page.get_by_role("searchbox")
        field.fill(text)
        self.fields += 1
        field.press("Enter")
        self.clicks += 1
        self.page.wait_for_load_state()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()


@pytest.fixture(scope="session", autouse=True)
def _before_the_server(django_db_setup: None) -> None:
    """Make the database before the server starts, so that it stops first; and the folder, as it warns without one."""
    Path(site_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def case(transactional_db: None) -> Case:
    case = a_case()
    now = timezone.now()
    withdraw_avatar(case.token.pk, "The chain said that somebody else holds it.")
    ClaimCheck.objects.filter(claim=case.claim).update(last_at=now)
    ClaimCheck.objects.create(claim=case.claim, at=now, verdict="not_owned", reason="moved", sentence="It moved away.")
    take_report(case.person, Complaint("picture", "spam", "It is an ad."), Reporter(None, ("192.0.2.1/32",)), now)
    account = LinkedAccount.objects.get(address=bytes.fromhex(ADDRESS[2:]))
    token = {"chain_id": 31337, "contract": b"\2" * 20, "token_id": 1, "standard": "erc721"}
    HeldToken.objects.create(account=account, first_seen_at=now, name="Odd", gave_up_at=now, last_error="Odd.", **token)
    return case


@pytest.fixture
def operator(case: Case, live_server: Any, chromium: Browser, settings: Any) -> Iterator[Operator]:
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    client = Client()
    client.force_login(User.objects.create_superuser("boss"), "django.contrib.auth.backends.ModelBackend")
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    yield Operator(context.new_page(), live_server.url)
    context.close()


def any_failure(operator: Operator, case: Case) -> None:
    operator.click("Given up: NFTs in wallets", exact=False)
    operator.sees("Odd")


def complaint(operator: Operator, case: Case) -> None:
    operator.click("Reports to decide · 1")
    operator.sees("It is an ad.")
    operator.click("Keep it")
    operator.sees("1 report is decided.")
    assert ReportCase.objects.get().verdict == "keep"


def by_handle(operator: Operator, case: Case) -> None:
    operator.find("alice")
    operator.sees("Ways in")


def by_address(operator: Operator, case: Case) -> None:
    operator.find(ADDRESS)
    operator.sees("Ways in")


def why_the_mark_went(operator: Operator, case: Case) -> None:
    operator.find("alice")
    operator.sees("The chain said that somebody else holds it.")
    operator.sees("It moved away.")


def check_again(operator: Operator, case: Case) -> None:
    operator.open("Check their NFTs again")
    operator.give_reason("She says it is hers.")
    operator.sees("1 NFT is checked again.")


def remove(operator: Operator, case: Case) -> None:
    operator.page.locator("#pictures summary", has_text="Remove").first.click()
    operator.clicks += 1
    operator.give_reason("Shows somebody else.")
    operator.sees("The picture is removed, and its person is told.")
    assert Avatar.objects.get(pk=case.upload.pk).is_locked


def undo(operator: Operator, case: Case) -> None:
    operator.page.locator("#pictures summary", has_text="Put back").first.click()
    operator.clicks += 1
    operator.give_reason("It is her.")
    operator.sees("The picture is back where it was.")


def lock(operator: Operator, case: Case) -> None:
    operator.open("Lock")
    operator.give_reason("Spam.")
    operator.sees("They are locked")
    assert Profile.objects.get(pk=case.person.pk).is_hidden


def retry(operator: Operator, case: Case) -> None:
    operator.page.locator("#action-toggle").check()
    operator.page.locator("select[name=action]").select_option("retry")
    operator.page.locator("input[name=reason]").fill("Mended.")
    operator.clicks, operator.fields = operator.clicks + 1, operator.fields + 2
    operator.page.locator("button[name=index]").click()
    operator.clicks += 1
    operator.sees("1 will be tried again.")


def block_contract(operator: Operator, case: Case) -> None:
    operator.click("Block this picture…")
    operator.page.locator("input[name=choice][value^='contract=']").check()
    operator.clicks += 1
    reason = operator.page.locator("input[name=reason]").first
    reason.fill("It copies others.")
    reason.press("Enter")
    operator.clicks, operator.fields = operator.clicks + 1, operator.fields + 1
    operator.sees("Blocked.")
    assert Collection.objects.get().standing == "denied"


Task = Callable[[Operator, Case], None]
# From the start page, then those from the page where the one before it ended. Clicks to stay within (people.md).
FROM_START: dict[str, tuple[Task, int]] = {
    "any failure": (any_failure, 2),
    "a complaint": (complaint, 2),
    "a person by handle": (by_handle, 2),
    "a person by address": (by_address, 2),
    "why the mark went": (why_the_mark_went, 2),
}
ON_THE_PAGE: dict[str, tuple[Task, int]] = {
    "check ownership again": (check_again, 2),
    "remove with a reason": (remove, 2),
    "undo the removal": (undo, 2),
    "lock": (lock, 2),
}


def test_each_task_takes_few_clicks_on_pages_that_fit(
    operator: Operator, case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check_looks(operator, case, tmp_path)
    counted = []
    for name, (task, most) in FROM_START.items():
        operator.begin()
        task(operator, case)
        counted.append((name, operator.clicks, operator.fields, most))
    for name, (task, most) in ON_THE_PAGE.items():
        operator.clicks = operator.fields = 0
        task(operator, case)
        counted.append((name, operator.clicks, operator.fields, most))
    operator.begin()
    any_failure(operator, case)
    operator.clicks = operator.fields = 0
    retry(operator, case)
    counted.append(("run it again", operator.clicks, operator.fields, 2))
    operator.page.goto(f"{operator.url}{reverse('admin:profiles_avatar_change', args=[case.token.pk])}")
    operator.clicks = operator.fields = 0
    block_contract(operator, case)
    counted.append(("block its contract", operator.clicks, operator.fields, 3))
    with capsys.disabled():
        for name, clicks, fields, _ in counted:
            print(f"  {name}: {clicks} clicks, {fields} fields")  # noqa: T201 - the table of docs/operate/desk.md
    assert [(name, clicks) for name, clicks, _, most in counted if clicks > most] == []


def check_looks(operator: Operator, case: Case, folder: Path) -> None:
    """Check that no page scrolls sideways, with long names too, and that the desk's own can be read by all."""
    names = {"display_name": case.person.display_name, "bio": case.person.bio}
    Profile.objects.filter(pk=case.person.pk).update(display_name="A very long name " * 3, bio="Word" * 60)
    desk = {
        "start": reverse("admin:index"),
        "person": reverse("admin:profiles_profile_change", args=[case.person.pk]),
        "picture": reverse("admin:profiles_avatar_change", args=[case.token.pk]),
        "find": reverse("admin:desk_find") + "?q=ali",
        "case": reverse("admin:profiles_reportcase_change", args=[ReportCase.objects.get().pk]),
        "block": reverse("admin:profiles_block_add") + f"?picture={case.upload.pk}",
    }
    lists = {
        "claims": reverse("admin:nft_tokenclaim_changelist"),
        "audit": reverse("admin:profiles_auditentry_changelist"),
    }
    for width in (390, 1280):
        operator.page.set_viewport_size({"width": width, "height": 900})
        for name, path in (desk | lists).items():
            operator.page.goto(f"{operator.url}{path}")
            operator.page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
            assert operator.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
            if name in desk and width == 390:
                assert violations(operator.page) == [], name
    Profile.objects.filter(pk=case.person.pk).update(**names)
