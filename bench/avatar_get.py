"""GET of a 128 px avatar: our URL beside a file served by nginx, a minimal Python server, and django-avatar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import HERE, Peer, Workspace, python_peer, run_peer, site_settings
from bench.pictures import make_square
from bench.servers import Load, Site, start_granian, start_nginx, start_nginx_before
from bench.setup import check_programs, install_django_avatar
from bench.tables import Goal, Table
from localstack.processes import Running
from tests.servers.postgres import start_postgres

LIMIT, LIMIT_304 = "nginx, a file", "nginx, 304"
FRONTED, FRONTED_304 = "ours behind the nginx we ship, a repeated picture", "ours behind the nginx we ship, 304"
RAW = "raw WSGI on granian"
REPEATED, FIRST, NOT_MODIFIED = "a repeated picture", "a first look-up each time", "304"
PEER = "django-avatar, its redirect alone (SQLite)"
ACCEPT = {"Accept": "image/webp,*/*"}
ADDRESS = "/avatar/person-7?s=128"
MAX_REPEATED, MAX_FRONTED, MAX_QUERIES = 3.0, 1.1, 1.0
POSTGRES_MAX_FIRST, SQLITE_MAX_FIRST = 12.0, 8.0


@dataclass(frozen=True)
class OurSite:
    """The site on one database. `queries`: database queries of one avatar. `session`: the session key of person-0.

    `max_first`: the goal for a first look-up, as a multiple of the limit.
    """

    title: str
    site: Site
    max_first: float
    queries: float
    session: str
    database: Running | None = None


def run(workspace: Workspace) -> Iterator[Table]:
    check_programs()
    (workspace.folder / "www").mkdir()
    file = workspace.folder / "www" / "128.webp"
    file.write_bytes(make_square(128))
    raw = start_granian(workspace, "bench.peers.raw:application", {"BENCH_FILE": str(file)})
    sites = [on_postgres(workspace), _on_sqlite(workspace)]
    nginx = start_nginx(workspace)
    loads = [
        Load(LIMIT, nginx, "/128.webp"),
        _not_modified(Load(LIMIT_304, nginx, "/128.webp")),
        Load(RAW, raw, "/128.webp"),
        *(load for site in sites for load in _loads(site, workspace.profiles)),
        *_fronted(workspace, sites[0]),
        *_django_avatar(workspace),
    ]
    for load in loads:
        load.check()
    contestants: list[Contestant] = list(loads)
    yield _table(contest(contestants, Pace(1.0, 75 * workspace.haste)), sites, workspace.profiles)


def _loads(site: OurSite, people: int) -> Iterator[Load]:
    def load(what: str) -> Load:
        return Load(f"ours on {site.title}, {what}", site.site, ADDRESS, headers=ACCEPT, database=site.database)

    yield load(REPEATED)
    first = load(FIRST)
    first.script = [str(HERE / "peers" / "spread.lua"), str(people)]
    yield first
    yield _not_modified(load(NOT_MODIFIED))


def _fronted(workspace: Workspace, site: OurSite) -> Iterator[Load]:
    front = start_nginx_before(workspace, site.site)
    yield Load(FRONTED, front, ADDRESS, headers=ACCEPT, database=site.database)
    yield _not_modified(Load(FRONTED_304, front, ADDRESS, headers=ACCEPT, database=site.database))


def _not_modified(load: Load) -> Load:
    """Return the load of a client that already has the picture."""
    load.headers = {**load.headers, "If-None-Match": load.check()["etag"]}
    load.status = 304
    return load


def on_postgres(workspace: Workspace) -> OurSite:
    database = start_postgres(workspace.folder / "pg", workspace.folder / "postgres.log")
    workspace.closing.callback(database.stop)
    url = f"postgresql://app@/avatarsite?host={workspace.folder / 'pg'}"
    return _start_site(workspace, "PostgreSQL", POSTGRES_MAX_FIRST, url, database)


def _on_sqlite(workspace: Workspace) -> OurSite:
    return _start_site(workspace, "SQLite", SQLITE_MAX_FIRST, f"sqlite:///{workspace.folder / 'db.sqlite3'}", None)


def _start_site(
    workspace: Workspace, title: str, max_first: float, database_url: str, database: Running | None
) -> OurSite:
    more = {"LOG_LEVEL": "WARNING", "DATABASE_URL": database_url}
    environment = site_settings(workspace.folder / f"data-{title}") | more
    facts = run_peer(python_peer("filling the database", "people", str(workspace.profiles), environment=environment))
    site = start_granian(workspace, "avatarsite.wsgi:application", environment)
    return OurSite(title, site, max_first, facts["queries"], facts["session"], database)


def _django_avatar(workspace: Workspace) -> Iterator[Load]:
    python = install_django_avatar()
    if python is None:
        return
    media = workspace.folder / "django-avatar"
    media.mkdir()
    environment = {"BENCH_FOLDER": str(media)}
    picture = str(workspace.folder / "www" / "128.webp")
    run_peer(Peer("django-avatar", [python, "-m", "bench.peers.django_avatar", picture], environment=environment))
    site = start_granian(workspace, "bench.peers.django_avatar:application", environment, python)
    yield Load(PEER, site, "/avatar/render_primary/alice/128/", status=302)


def _table(results: dict[str, Result], sites: list[OurSite], people: int) -> Table:
    goals = []
    for site in sites:
        ours = {what: results[f"ours on {site.title}, {what}"] for what in (REPEATED, FIRST)}
        limit = results[LIMIT]
        goals += [
            Goal(
                f"the app alone on {site.title}, a repeated picture",
                ours[REPEATED].times(limit),
                MAX_REPEATED,
                " times",
            ),
            Goal(f"a first look-up on {site.title}", ours[FIRST].times(limit), site.max_first, " times"),
            Goal(f"queries of a look-up on {site.title}", site.queries, MAX_QUERIES),
        ]
    fronted = results[FRONTED].times(results[LIMIT])
    goals.append(Goal("behind the nginx we ship, a repeated picture", fronted, MAX_FRONTED, " times"))
    note = (
        f"One server worker on a core of its own, wrk with 16 connections on another, {people:,} people with pictures. "
        "A first look-up asks for another person each time, at a URL that was not requested before. “Database CPU” is "
        "PostgreSQL's own, and no part of the column “CPU”. Behind deploy/nginx.conf nginx answers most requests; the "
        "CPU time of the site, which it asks every few seconds, is included."
    )
    return Table("GET of an avatar of 128 px", list(results.values()), LIMIT, "request", goals, [note])
