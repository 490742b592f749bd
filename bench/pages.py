"""Pages: the cost of a person's pages, beside the cheapest response of this site."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench.avatar_get import OurSite, on_postgres
from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import Workspace
from bench.servers import Load
from bench.setup import check_programs
from bench.tables import Goal, Table
from tests.servers.redis import start_redis

CHEAPEST = "the cheapest: /healthz, without a query"
PUBLIC, SIGN_IN = "a public profile, signed out", "the sign-in page"
OWN, HOME, PICTURE = "a public profile, signed in", "the start page, signed in", "the page of own pictures, signed in"
MAX_PUBLIC_MILLISECONDS, MAX_SIGNED_IN_MILLISECONDS = 1.5, 3.5


def run(workspace: Workspace) -> Iterator[Table]:
    check_programs()
    data = workspace.folder / "data-PostgreSQL"
    redis = start_redis(data / "redis.sock", data, workspace.folder / "redis.log")
    workspace.closing.callback(redis.running.stop)
    loads = list(_loads(on_postgres(workspace)))
    for load in loads:
        load.check()
    contestants: list[Contestant] = list(loads)
    yield _table(contest(contestants, Pace(1.0, 40 * workspace.haste)), workspace.profiles)


def _loads(site: OurSite) -> Iterator[Load]:
    cookie = {"Cookie": f"session={site.session}"}
    for name, path in ((CHEAPEST, "/healthz"), (PUBLIC, "/u/person-7/"), (SIGN_IN, "/accounts/login/")):
        yield Load(name, site.site, path, database=site.database)
    for name, path in ((OWN, "/u/person-7/"), (HOME, "/"), (PICTURE, "/settings/picture/")):
        yield Load(name, site.site, path, headers=cookie, database=site.database)


def _table(results: dict[str, Result], people: int) -> Table:
    bounds = {PUBLIC: MAX_PUBLIC_MILLISECONDS} | dict.fromkeys((OWN, HOME, PICTURE), MAX_SIGNED_IN_MILLISECONDS)
    goals = [Goal(f"{name}, CPU", median(results[name].cpu) * 1000, bound, " ms") for name, bound in bounds.items()]
    note = (
        f"One server worker on a core of its own, {people:,} people. tests/site/test_page_queries.py limits the "
        "number of queries of each page."
    )
    return Table("Pages on PostgreSQL", list(results.values()), CHEAPEST, "page", goals, [note])
