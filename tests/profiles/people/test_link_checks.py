"""A link is verified while its page links back to the person's public page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from profiles import jobs, sources
from profiles.errors import ExpectedError, Kind
from profiles.models import LinkCheck, Profile
from profiles.people.backlinks import find_backlinks, is_same_host
from profiles.people.link_checks import CHECKED_EVERY, MAX_AGE, check_link, request_checks, shown_links
from profiles.people.profiles import ProfileText, update_profile
from profiles.sources import WebPage

NOW = timezone.now()
HERE = "http://localhost:8000/u/alice/"
PAGE, GONE = "https://alice.example/", "https://gone.example/me"
WEB: dict[str, WebPage] = {}


def fetch_from_memory(address: str) -> WebPage:
    """The fetcher of a host project."""
    if address not in WEB:
        raise ExpectedError("It answered with status 404.", Kind("bad-response", "Bad response", 502), permanent=True)
    return WEB[address]


@pytest.fixture(autouse=True)
def _pages() -> Iterator[None]:
    before = list(sources._page_fetchers)
    sources.register_page_fetcher(f"{__name__}.fetch_from_memory")
    WEB.clear()
    yield
    sources._page_fetchers[:] = before


def serve(html: str, *, url: str = PAGE, ends_at: str = "", content_type: str = "text/html") -> None:
    WEB[url] = WebPage(ends_at or url, content_type, html.encode())


def save(profile: Profile, *links: str, now: datetime = NOW, **more: str) -> Profile:
    text = ProfileText(more.get("handle", profile.handle), links=links)
    return update_profile(profile, text, actor=None, now=now)


def check_all(now: datetime = NOW) -> None:
    for check in LinkCheck.objects.filter(due_at__lte=now):
        check_link(check.pk, now)


def verified(profile: Profile, now: datetime = NOW) -> list[str]:
    return [link.url for link in shown_links(profile, now) if link.verified_at]


@pytest.mark.django_db
def test_a_page_that_links_back_is_verified_and_read_again_each_week(alice: Profile) -> None:
    serve(f'<link rel="me" href="{HERE}">')
    alice = save(alice, PAGE, GONE)
    assert [(link.label, link.is_read) for link in shown_links(alice, NOW)] == [
        ("alice.example", False),
        ("gone.example/me", False),
    ]
    check_all()
    assert verified(alice) == [PAGE]
    assert [link.is_read for link in shown_links(alice, NOW)] == [True, True]
    assert LinkCheck.objects.get(url=PAGE).due_at == NOW + CHECKED_EVERY

    serve("<p>I have moved.</p>")
    check_all(NOW + CHECKED_EVERY)
    assert verified(alice) == []


@pytest.mark.django_db
def test_a_page_that_cannot_be_read_keeps_its_mark_for_a_month(alice: Profile) -> None:
    serve(f'<a rel="me" href="{HERE}">me</a>')
    alice = save(alice, PAGE)
    check_all()
    WEB.clear()
    check_all(NOW + CHECKED_EVERY)
    later = NOW + MAX_AGE - timedelta(minutes=1)
    assert verified(alice, later) == [PAGE]
    assert verified(alice, NOW + MAX_AGE) == []
    check = LinkCheck.objects.get()
    assert (check.last_error, check.gave_up_at) == ("It answered with status 404.", None)
    assert check.due_at
    for _ in range(20):  # never for the last time
        check_all(LinkCheck.objects.get().due_at or NOW)
    assert LinkCheck.objects.get().due_at


@pytest.mark.django_db
def test_saving_reads_what_is_not_verified_again_and_forgets_removed_links(alice: Profile) -> None:
    serve("<p>Nothing yet.</p>")
    alice = save(alice, PAGE)
    check_all()
    assert verified(alice) == []
    serve(f'<a href="{HERE}" rel="noopener ME">me</a>')
    save(alice, PAGE, now=NOW + timedelta(minutes=1))
    check_all(NOW + timedelta(minutes=1))
    assert verified(alice) == [PAGE]
    save(alice)
    assert not LinkCheck.objects.exists()


@pytest.mark.django_db
def test_a_link_to_the_handle_that_was_left_is_still_one_to_this_person(alice: Profile) -> None:
    serve(f'<a rel="me" href="{HERE}">me</a>')
    alice = save(alice, PAGE, handle="alicia")
    check_all()
    assert verified(alice) == [PAGE]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("html", "facts"),
    [
        ('<a rel="me" href="http://localhost:8000/u/bob/">bob</a>', {}),
        (f'<a href="{HERE}">no rel</a>', {}),
        (f'<a rel="me" href="{HERE}">a redirect</a>', {"ends_at": "https://elsewhere.example/"}),
        (f'<a rel="me" href="{HERE}">a text</a>', {"content_type": "text/plain"}),
        ("\0\xff<<<a rel=me href=//[>", {}),
    ],
)
def test_other_pages_verify_nothing(alice: Profile, html: str, facts: dict[str, str]) -> None:
    serve(html, **facts)
    alice = save(alice, PAGE)
    check_all()
    assert verified(alice) == []
    assert LinkCheck.objects.get().due_at == NOW + CHECKED_EVERY


@pytest.mark.django_db
def test_pages_say_in_words_which_links_are_verified(client: Client, alice: Profile) -> None:
    serve(f'<a rel="me" href="{HERE}">me</a>', ends_at="https://www.alice.example/?lang=en")
    alice = save(alice, PAGE, GONE)
    check_all()
    page = client.get("/u/alice/").content.decode()
    assert page.count("Verified<") == 1
    assert "this page links back" in page
    client.force_login(alice.user)
    own = client.get("/settings/profile/").content.decode()
    assert "No link back found" in own
    assert "&lt;a rel=&quot;me&quot; href=&quot;http://localhost:8000/u/alice/&quot;&gt;" in own


@pytest.mark.django_db
def test_without_a_fetcher_nothing_is_checked_or_said(client: Client, alice: Profile) -> None:
    sources._page_fetchers.clear()
    alice = save(alice, PAGE)
    assert not LinkCheck.objects.exists()
    client.force_login(alice.user)
    assert "Verified links" not in client.get("/settings/profile/").content.decode()
    sources.register_page_fetcher(f"{__name__}.fetch_from_memory")
    request_checks(alice, NOW)
    sources._page_fetchers.clear()
    check_all()
    assert LinkCheck.objects.get().due_at is None


def test_only_links_that_a_visitor_could_follow_count() -> None:
    html = """
      <!-- <a rel="me" href="/comment">x</a> --><script>"<a rel='me' href='/script'>"</script>
      <template><template></template><a rel="me" href="/template">x</a></template>
      <a rel="me" href=" /one#here ">x</a><A HREF="two" REL="Me nofollow"><a rel="meh" href="/three">
      <a rel="me"><a rel="me" href="http://[">
    """
    assert find_backlinks(html.encode(), "https://alice.example/blog/") == {
        "https://alice.example/one",
        "https://alice.example/blog/two",
        "https://alice.example/blog/",
    }


def test_hosts_are_compared_without_www() -> None:
    assert is_same_host("https://www.a.example/x", "http://a.example./y")
    assert not is_same_host("https://a.example.evil.example/", "https://a.example/")
    assert not is_same_host("https://[", "https://[")


def test_links_are_checked_on_the_queue_of_slow_jobs() -> None:
    assert jobs.get_job(check_link).queue == "slow"
