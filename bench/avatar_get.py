"""GET of a 128 px avatar: our address beside nginx with a file, the least a Python server can do, and django-avatar."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import HERE, BenchError, Place, plain_environment, site_settings
from bench.pictures import make_square
from bench.report import Goal, Table
from bench.servers import Load, Site, start_granian, start_nginx, start_nginx_before
from bench.setup import install_django_avatar
from localstack import binaries
from localstack.processes import Running
from tests.servers.postgres import start_postgres

LIMIT, LIMIT_304 = "nginx, a file", "nginx, 304"
FRONTED, FRONTED_304 = "ours behind the nginx we ship, a repeated picture", "ours behind the nginx we ship, 304"
RAW = "raw WSGI on granian"
REPEATED, FIRST, NOT_MODIFIED = "a repeated picture", "a first look-up each time", "304"
PEER = "django-avatar, its redirect alone (SQLite)"
ACCEPT = {"Accept": "image/webp,*/*"}
ADDRESS = "/avatar/person-7?s=128"
MOST, MOST_AT_FIRST, MOST_QUERIES = 6.0, 60.0, 1.0
MOST_FRONTED = 1 / 0.9  # of the limit's throughput, at least 0.9


@dataclass(frozen=True)
class OurSite:
    """The site on one database; `queries` of one avatar, `session` the key of person-0's."""

    title: str
    site: Site
    queries: float
    session: str
    database: Running | None = None


def run(place: Place) -> Iterator[Table]:
    (place.folder / "www").mkdir()
    file = place.folder / "www" / "128.webp"
    file.write_bytes(make_square(128))
    raw = start_granian(place, "bench.peers.raw:application", {"BENCH_FILE": str(file)})
    sites = [on_postgres(place), _on_sqlite(place)]
    nginx = start_nginx(place)
    loads = [
        Load(LIMIT, nginx, "/128.webp"),
        _not_modified(Load(LIMIT_304, nginx, "/128.webp")),
        Load(RAW, raw, "/128.webp"),
        *(load for site in sites for load in _loads(site, place.profiles)),
        *_fronted(place, sites[0]),
        *_django_avatar(place),
    ]
    for load in loads:
        load.check()
    contestants: list[Contestant] = list(loads)
    yield _table(contest(contestants, Pace(1.0, 75 * place.haste)), sites, place.profiles)


def _loads(site: OurSite, people: int) -> Iterator[Load]:
    def load(what: str) -> Load:
        return Load(f"ours on {site.title}, {what}", site.site, ADDRESS, headers=ACCEPT, database=site.database)

    yield load(REPEATED)
    first = load(FIRST)
    first.script = [str(HERE / "peers" / "spread.lua"), str(people)]
    yield first
    yield _not_modified(load(NOT_MODIFIED))


def _fronted(place: Place, site: OurSite) -> Iterator[Load]:
    front = start_nginx_before(place, site.site)
    yield Load(FRONTED, front, ADDRESS, headers=ACCEPT, database=site.database)
    yield _not_modified(Load(FRONTED_304, front, ADDRESS, headers=ACCEPT, database=site.database))


def _not_modified(load: Load) -> Load:
    """The same, by somebody who has the picture already."""
    load.headers = {**load.headers, "If-None-Match": load.check()["etag"]}
    load.status = 304
    return load


def on_postgres(place: Place) -> OurSite:
    database = start_postgres(place.folder / "pg", place.folder / "postgres.log")
    place.closing.callback(database.stop)
    url = f"postgresql://app@/avatarsite?host={place.folder / 'pg'}"
    return _our_site(place, "PostgreSQL", url, database)


def _on_sqlite(place: Place) -> OurSite:
    return _our_site(place, "SQLite", f"sqlite:///{place.folder / 'db.sqlite3'}", None)


def _our_site(place: Place, title: str, database_url: str, database: Running | None) -> OurSite:
    more = {"LOG_LEVEL": "WARNING", "DATABASE_URL": database_url}
    environment = site_settings(place.folder / f"data-{title}") | more
    facts = _fill(environment, place.profiles)
    site = start_granian(place, "avatarsite.wsgi:application", environment)
    return OurSite(title, site, facts["queries"], facts["session"], database)


def _fill(environment: Mapping[str, str], people: int) -> dict[str, Any]:
    done = subprocess.run(
        [binaries.python(), "-m", "bench.peers.people", str(people)],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parent,
        env=plain_environment(**environment),
    )
    if done.returncode:
        raise BenchError(f"The database could not be filled: {done.stderr[-600:]}")
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _django_avatar(place: Place) -> Iterator[Load]:
    python = install_django_avatar()
    if python is None:
        return
    media = place.folder / "django-avatar"
    media.mkdir()
    environment = {"BENCH_FOLDER": str(media)}
    picture = str(place.folder / "www" / "128.webp")
    subprocess.run(
        [python, "-m", "bench.peers.django_avatar", picture],
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=HERE.parent,
        env=plain_environment(**environment),
    )
    site = start_granian(place, "bench.peers.django_avatar:application", environment, python)
    yield Load(PEER, site, "/avatar/render_primary/alice/128/", status=302)


def _table(results: dict[str, Result], sites: list[OurSite], people: int) -> Table:
    goals = []
    for site in sites:
        ours = {what: results[f"ours on {site.title}, {what}"] for what in (REPEATED, FIRST)}
        limit = results[LIMIT]
        goals += [
            Goal(f"the app alone on {site.title}, a repeated picture", ours[REPEATED].times(limit), MOST, " times"),
            Goal(f"a first look-up on {site.title}", ours[FIRST].times(limit), MOST_AT_FIRST, " times"),
            Goal(f"queries of a look-up on {site.title}", site.queries, MOST_QUERIES),
        ]
    fronted = results[FRONTED].times(results[LIMIT])
    goals.append(Goal("behind the nginx we ship, a repeated picture", fronted, MOST_FRONTED, " times"))
    note = (
        f"One server worker on a core of its own, wrk with 16 connections on another, {people:,} people with pictures. "
        "A first look-up asks for another person each time, at an address nobody asked for before. "
        "“Database” is PostgreSQL's own processor time, which is not in the column before. Behind deploy/nginx.conf "
        "(goal: 0.9 of the limit's throughput) the site's own work every few seconds is counted."
    )
    return Table("GET of an avatar of 128 px", list(results.values()), LIMIT, "request", goals, [note])
