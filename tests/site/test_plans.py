"""No periodic job, gauge or first page of the admin reads a big table whole, by PostgreSQL's plans of its queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from nft.models import CachedObject, HeldToken, IpfsBlock, LinkedAccount
from nft.models.chains import watched_contracts
from nft.watching.gauges import get_gauges
from profiles import admin_base
from profiles.jobs import discover, get_jobs
from profiles.leases import get_attention
from profiles.models import AuditEntry, Avatar, Profile, Report, ReportCase
from profiles.reports.appeals import appeal
from profiles.reports.deciding import Decision, decide
from profiles.reports.desk_parts import build_of_person
from profiles.reports.inbox import find_next, find_similar, read_backlog
from profiles.reports.reporting import Complaint, Reporter, take_report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
PEOPLE, CHAINS = 4000, 2
# The lists of a few contracts and chains are small, and read whole on purpose. The others are Django's own.
SMALL = {"nft_watchedcontract", "nft_collection", "nft_watchedchain", "django_content_type", "auth_permission"}
# The janitor compares everything with the store, in windows that are not much smaller than the tables here.
WALKS = {"profiles.upkeep.scan.clean_shard", "profiles.upkeep.scan.clean_abandoned_uploads"}
# What staff search for on the desk.
SEARCHED = [
    "alice",
    "user-0000",
    "Alice Lid",
    "a@example.org",
    "0x" + "ab" * 20,
    "0xabcdef",
    "alice.eth",
    "0x" + "5e" * 32,
]
SEARCHED += [f"0x{'a1' * 20} 7", f"eip155:1/erc721:0x{'a1' * 20}/7", "f" * 64, "00000000-0000-0000-0000-000000000000"]
SEARCHED += ["bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"]
Statement = re.compile(r"(SELECT|UPDATE|DELETE|INSERT|WITH)\b")


@pytest.fixture(scope="module")
def tables(rows_of_the_module: None) -> set[str]:
    """Return the tables that hold PEOPLE rows or more. They are filled once for all tests here."""
    if connection.vendor != "postgresql":
        pytest.skip("The plans are PostgreSQL's.")
    from bench.peers.scale_crowd import add_people

    add_people(PEOPLE, CHAINS, 50)
    _add_the_rest(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= %s", [PEOPLE])
        big = {name for (name,) in cursor.fetchall()}
    assert {"nft_tokenclaim", "nft_claimcheck", "profiles_storedimage", "profiles_rendition"} <= big
    return big - SMALL


@pytest.fixture
def crowd(tables: set[str]) -> set[str]:
    cache.clear()
    return tables


def _add_the_rest(now: datetime) -> None:
    """Add rows of which a person has several, or which are shared."""
    ends_at, account = now + timedelta(days=9), LinkedAccount.objects.earliest("linked_at")
    user, profile, numbers = account.user, Profile.objects.earliest("pk"), range(PEOPLE)
    Session.objects.bulk_create(
        Session(session_key=f"s{n}", session_data="x" * 600, expire_date=ends_at) for n in numbers
    )
    UserSession.objects.bulk_create(UserSession(user=user, session_key=f"s{n}", ip="::1") for n in numbers)
    AuditEntry.objects.bulk_create(AuditEntry(profile=profile, action="sign_in") for _ in numbers)
    IpfsBlock.objects.bulk_create(IpfsBlock(sha256=f"{n:064x}", byte_count=1, touched_at=now) for n in numbers)
    files = CachedObject.objects.bulk_create(
        CachedObject(uri=f"ipfs://{n}", root_cid=str(n), origin="fetched", byte_count=1, sha256="", proved_at=now)
        for n in numbers
    )
    blocks = IpfsBlock.objects.order_by("pk").values_list("pk", flat=True)
    through: Any = CachedObject.blocks.through
    through.objects.bulk_create(
        through(cachedobject_id=file.pk, ipfsblock_id=block) for file, block in zip(files, blocks, strict=True)
    )
    HeldToken.objects.bulk_create(
        HeldToken(account=account, chain_id=1, contract=bytes(20), token_id=n, standard="erc721", first_seen_at=now)
        for n in numbers
    )

    _add_reports(profile, now)


def _add_reports(profile: Profile, now: datetime) -> None:
    """Add many reports of the past, and a few that wait."""
    decided = {"state": "decided", "verdict": "keep", "why": "spam", "decided_at": now}
    cases = ReportCase.objects.bulk_create(
        ReportCase(
            profile=profile, key=str(n), subject="profile", sha256="", opened_at=now, **(decided if n > 9 else {})
        )
        for n in range(PEOPLE)
    )
    Report.objects.bulk_create(
        Report(case=case, reporter_key="00" * 32, reason="spam", reporter=profile, at=now, answered_at=now)
        for case in cases
    )


def read_whole(act: Callable[[], object], big: set[str]) -> list[str]:
    """Return the queries of `act` that read a table in `big` from beginning to end, with their plans."""
    with CaptureQueriesContext(connection) as captured:
        act()
    found = []
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            if not Statement.match(query["sql"]):
                continue
            cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"))
            plan = "\n".join(row[0] for row in cursor.fetchall())
            if set(re.findall(r"Seq Scan on (\w+)", plan)) & big:
                found.append(f"{query['sql'][:600]}\n{plan}")
    return found


def test_a_query_that_reads_all_is_noticed(crowd: set[str]) -> None:
    from nft.models import TokenClaim

    assert read_whole(lambda: TokenClaim.objects.filter(reason="x").count(), crowd)
    assert not read_whole(lambda: TokenClaim.objects.filter(pk="00000000-0000-0000-0000-000000000000").count(), crowd)


def test_no_periodic_job_reads_a_big_table_whole(crowd: set[str]) -> None:
    discover()
    periodic = [job for job in get_jobs() if job.every is not None and job.name not in WALKS]
    assert len(periodic) > 15
    found = {}
    for job in periodic:
        firsts: list[Any] = [[first] for first in job.each()] if job.each is not None else [[]]
        for arguments in firsts:
            if bad := read_whole(lambda: job.run(*arguments), crowd):  # noqa: B023 - called at once
                found[job.name] = bad
    assert not found, "\n\n".join(f"{name}\n" + "\n".join(bad) for name, bad in found.items())


def test_neither_gauges_nor_looks_at_a_chain_read_a_big_table_whole(crowd: set[str]) -> None:
    now = timezone.now()
    for act in (lambda: list(get_gauges(now)), get_attention, lambda: watched_contracts(1)):
        assert not read_whole(act, crowd)


def test_nothing_about_reports_reads_a_big_table_whole(crowd: set[str]) -> None:
    assert {"profiles_reportcase", "profiles_report"} <= crowd
    staff, somebody = User.objects.create_superuser("boss"), Profile.objects.latest("pk")
    complaint, reporter = Complaint("profile", "spam"), Reporter(Profile.objects.earliest("pk"), ("192.0.2.1/32",))
    case = take_report(somebody, complaint, reporter, timezone.now()).case
    acts: list[Callable[[], object]] = [
        read_backlog,
        lambda: find_next(staff),
        lambda: find_similar(case),
        lambda: build_of_person(somebody, staff),
        lambda: take_report(somebody, complaint, reporter, timezone.now()),
        lambda: decide(case.pk, Decision("warn", "spam"), staff, timezone.now()),
        lambda: appeal(case.pk, "No.", timezone.now()),
    ]
    for act in acts:
        assert not read_whole(act, crowd)


def test_no_first_page_of_the_admin_reads_a_big_table_whole(crowd: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_base, "MAX_COUNT", 100)
    boss, client = User.objects.create_superuser("boss"), Client()
    client.force_login(boss, "django.contrib.auth.backends.ModelBackend")
    names = [f"{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry]
    pages = [reverse(f"admin:{name}") for name in ("index", *names)]
    pages += [f"{reverse('admin:desk_find')}?{urlencode({'q': text})}" for text in SEARCHED]
    picture = Avatar.objects.order_by("-profile_id").first()
    assert picture is not None
    pages.append(reverse("admin:profiles_profile_change", args=[picture.profile_id]))
    pages.append(reverse("admin:profiles_avatar_change", args=[picture.pk]))
    found = {}
    for page in pages:
        assert client.get(page).status_code in (200, 302)
        cache.clear()  # the start page is kept for some seconds
        if bad := read_whole(lambda: client.get(page), crowd):  # noqa: B023 - called at once
            found[page] = bad
    assert not found, "\n\n".join(f"{page}\n" + "\n".join(bad) for page, bad in found.items())
