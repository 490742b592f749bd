"""Waiting times of the forms that take a picture: an upload, a mint, and publishing the mint, four people at once."""

from __future__ import annotations

import json
import re
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from bench.lanes import HERE, BenchError, Workspace, plain_environment, site_settings
from bench.pictures import make_subjects
from bench.servers import start_granian
from bench.tables import Goal, Waits
from bench.visitor import Visitor
from localstack import binaries
from tests.servers.postgres import start_postgres
from tests.servers.redis import start_redis

PEOPLE, ROUNDS, MAX_RATIO = 4, 8, 1.5
ALONE, UPLOADS = "one upload alone", f"{PEOPLE} uploads at once"
MINTS, PUBLISHED = f"{PEOPLE} mint forms at once", f"{PEOPLE} mints published at once"
_CONTRACT = "0x00000000000000000000000000000000000000A1"
_NOTE = (
    "Each wait is that of one person, from sending the form until the next page has arrived. The picture is a JPEG of "
    "12 megapixels. One server worker has a core of its own, with PostgreSQL, Redis and files as object store. There "
    "is no Celery worker: nothing here waits for one."
)


def run(workspace: Workspace) -> Iterator[Waits]:
    site = _start_site(workspace)
    people = [Visitor(site, handle=f"person-{number}") for number in range(PEOPLE)]
    for each in people:
        each.sign_in()
        each.choose_handle()
    accounts = {each.handle: _account(each) for each in people}
    drafts: dict[str, str] = {}
    picture = make_subjects(workspace.folder)[0].path.read_bytes()
    waits: dict[str, list[float]] = {ALONE: [], UPLOADS: [], MINTS: [], PUBLISHED: []}
    _upload(people[0], picture)  # starts the decoder's children

    def order(person: Visitor) -> None:
        drafts[person.handle] = _mint(person, accounts[person.handle], picture)

    for _ in range(max(2, round(ROUNDS * min(1.0, workspace.haste)))):
        waits[ALONE] += _at_once(people[:1], lambda person: _upload(person, picture))
        waits[UPLOADS] += _at_once(people, lambda person: _upload(person, picture))
        waits[MINTS] += _at_once(people, order)
        waits[PUBLISHED] += _at_once(people, lambda person: _publish(person, drafts[person.handle]))
    ratio = median(waits[MINTS]) / median(waits[UPLOADS])
    yield Waits(
        "Waiting for the forms of a picture",
        waits,
        [Goal(f"{MINTS} ÷ {UPLOADS}", ratio, MAX_RATIO, " times")],
        [_NOTE],
    )


def _upload(person: Visitor, picture: bytes) -> None:
    person.upload(picture)
    person.get("/settings/picture/")


def _account(person: Visitor) -> str:
    found = re.search(r'<option value="([0-9a-f-]{36})"', person.get("/mint/").text)
    if found is None:
        raise BenchError("The form of a mint offers no account.")
    return found[1]


def _mint(person: Visitor, account: str, picture: bytes) -> str:
    """Order a token and open the page that asks whether to publish it. Return the path of that page."""
    data = {"name": "Dawn", "account": account, "key": str(uuid.uuid4()), "payer": "wallet"}
    answer = person.post("/mint/", data=data, files={"image": ("dawn.jpg", picture, "image/jpeg")})
    path: str = answer.headers["Location"]
    person.get(path)
    return path


def _publish(person: Visitor, path: str) -> None:
    person.post(f"{path}publish/")
    person.get(path)


def _at_once(people: list[Visitor], act: Callable[[Visitor], object]) -> list[float]:
    """Let everybody do it at the same time, and return how many seconds each waited."""

    def timed(person: Visitor) -> float:
        began = time.monotonic()
        act(person)
        return time.monotonic() - began

    with ThreadPoolExecutor(len(people)) as threads:
        return list(threads.map(timed, people))


def _start_site(workspace: Workspace) -> str:
    data = workspace.folder / "data"
    data.mkdir(exist_ok=True)
    database = start_postgres(workspace.folder / "pg", workspace.folder / "postgres.log")
    workspace.closing.callback(database.stop)
    redis = start_redis(workspace.folder / "redis.sock", data, workspace.folder / "redis.log")
    workspace.closing.callback(redis.running.stop)
    (data / "chain.json").write_text(json.dumps({"avatar_contract": _CONTRACT}), encoding="utf-8")
    environment = site_settings(data) | {
        "DATABASE_URL": f"postgresql://app@/avatarsite?host={workspace.folder / 'pg'}",
        "REDIS_URL": redis.url,
        "LOG_LEVEL": "ERROR",
    }
    for command in ("migrate", "collectstatic"):
        manage = [binaries.python(), "manage.py", command, "--no-input", "--verbosity", "0"]
        subprocess.run(manage, check=True, cwd=HERE.parent, env=plain_environment(**environment))
    site = start_granian(workspace, "avatarsite.wsgi:application", environment)
    return f"http://localhost:{site.port}"
