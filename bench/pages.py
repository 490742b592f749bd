"""Pages: what a person's page costs whom it is shown to, beside the least that a page of this site can cost."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench.avatar_get import OurSite, on_postgres
from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import Place
from bench.report import Goal, Table
from bench.servers import Load
from tests.servers.redis import start_redis

LEAST = "the least: /healthz, without a query"
PUBLIC, SIGN_IN = "a public profile, for a stranger", "the sign-in page"
OWN, HOME, PICTURE = "a public profile, for who is signed in", "the start page, signed in", "one's pictures, signed in"
MOST_MILLISECONDS = 3.0


def run(place: Place) -> Iterator[Table]:
    data = place.folder / "data-PostgreSQL"
    redis = start_redis(data / "redis.sock", data, place.folder / "redis.log")
    place.closing.callback(redis.running.stop)
    loads = list(_loads(on_postgres(place)))
    for load in loads:
        load.check()
    contestants: list[Contestant] = list(loads)
    yield _table(contest(contestants, Pace(1.0, 40 * place.haste)), place.profiles)


def _loads(site: OurSite) -> Iterator[Load]:
    cookie = {"Cookie": f"session={site.session}"}
    for name, path in ((LEAST, "/healthz"), (PUBLIC, "/u/person-7/"), (SIGN_IN, "/accounts/login/")):
        yield Load(name, site.site, path, database=site.database)
    for name, path in ((OWN, "/u/person-7/"), (HOME, "/"), (PICTURE, "/settings/picture/")):
        yield Load(name, site.site, path, headers=cookie, database=site.database)


def _table(results: dict[str, Result], people: int) -> Table:
    spent = median(results[PUBLIC].processor) * 1000
    goals = [Goal("a public profile, processor time", spent, MOST_MILLISECONDS, " ms")]
    note = (
        f"One server worker on a core of its own, {people:,} people. How many queries a page takes is held by "
        "tests/site/test_page_queries.py."
    )
    return Table("Pages on PostgreSQL", list(results.values()), LEAST, "page", goals, [note])
