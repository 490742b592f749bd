"""One whole site: its database fills its disk, stops and refuses workers, its store refuses, and its nodes disagree.

Its database is a cluster of its own on a small file system, used by roles without special rights. The last test reads
all logs.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from eth_account import Account
from eth_account.messages import encode_defunct

from bench.visitor import Visitor
from localstack import binaries
from localstack.processes import Program, Running, free_port
from nft.testing.chain import Chain
from nft.testing.fake_node import relaying_node
from nft.testing.genesis import CHAIN_ID
from profiles.testing.people import a_picture
from profiles.testing.stores import REGION
from tests.browser.site import Site, deploy_contracts, site_environment
from tests.servers.chain import start_chain
from tests.servers.places import Places, on_sqlite
from tests.servers.postgres import start_postgres
from tests.servers.redis import start_redis
from tests.servers.s3 import ObjectStore

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(on_sqlite(), reason="it is about PostgreSQL"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the small file system"),
]
MEBIBYTE = 1024 * 1024
BUCKET = "site-under-faults"
SECRET = "a-secret-that-no-log-may-have-0123456789"
MAIL = "hidden.person@mail.example"
STATEMENTS = """
CREATE ROLE site LOGIN;
CREATE ROLE site_worker LOGIN IN ROLE site;
ALTER ROLE site_worker SET role = 'site';
ALTER ROLE site SET log_error_verbosity = 'terse';
ALTER ROLE site_worker SET log_error_verbosity = 'terse';
CREATE DATABASE site OWNER site
"""


@dataclass
class Faulty:
    """The site and what can be done to it. `secrets` is what no log may have."""

    site: Site
    postgres: Running
    folder: Path
    disk: Path
    store: ObjectStore
    chain: Chain
    swap: dict[str, str]
    visitors: list[Visitor] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def query(self, statement: str, *values: object) -> Any:
        """Return the rows of a statement by the database's own administrator."""
        with psycopg.connect(host=str(self.folder), user="app", dbname="site", autocommit=True) as connection:
            found = connection.execute(statement, values or None)
            return found.fetchall() if found.description else []

    def count(self, table: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - a name of ours

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        ballast = self.disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        try:
            yield
        finally:
            ballast.unlink()

    @contextmanager
    def workers_cut_off(self) -> Iterator[None]:
        """End the workers' connections and refuse new ones. The web's stay."""
        self.query("ALTER ROLE site_worker NOLOGIN")
        self.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'site_worker'")
        try:
            yield
        finally:
            self.query("ALTER ROLE site_worker LOGIN")

    def restart_postgres(self) -> None:
        self.postgres.stop()
        self.postgres = Running(self.postgres.program)

    def newcomer(self, handle: str) -> Visitor:
        """Sign in with a new wallet, whose account stays hidden."""
        visitor = Visitor(self.site.url, Account.create(), handle)
        visitor.sign_in()
        visitor.choose_handle()
        self.visitors.append(visitor)
        self.secrets.append(visitor.account.address[2:])
        return visitor

    def post(self, visitor: Visitor, path: str, accept: str = "text/html", **content: Any) -> requests.Response:
        """Post as a browser does, and return the response whatever its status."""
        session = visitor._session
        headers = {"X-CSRFToken": session.cookies["csrf"], "Referer": self.site.url, "Accept": accept}
        return session.post(self.site.url + path, headers=headers, timeout=60, allow_redirects=False, **content)


@pytest.fixture(scope="module")
def faulty(
    places: Places, database_server: object, collected_static_files: Path, avatar_s3_server: ObjectStore
) -> Iterator[Faulty]:
    home = places.folder / "faulty"
    disk = home / "disk"
    disk.mkdir(parents=True)
    home.chmod(0o755)
    with ExitStack() as at_the_end:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m,mode=755", "tmpfs", str(disk)], check=True)
        at_the_end.callback(subprocess.run, ["umount", "-l", str(disk)], check=True)
        (disk / "pg-programs").symlink_to(places.folder / "pg-programs")
        folder = disk / "pg"
        postgres = start_postgres(folder, home / "log" / "postgres.log")
        chain = start_chain(places, free_port(), "--block-time", "1")
        at_the_end.callback(chain.running.kill)
        redis = start_redis(places.folder / "faulty-redis.sock", home / "redis", home / "log" / "redis.log")
        at_the_end.callback(redis.running.kill)
        swap: dict[str, str] = {}

        def lie(request: Any, result: Any) -> Any:
            text = json.dumps(result)
            for true, false in swap.items():
                text = text.replace(true, false)
            return json.loads(text)

        liar, _ = at_the_end.enter_context(relaying_node(chain, change=lie))
        contracts = deploy_contracts(chain)
        node = {"name": "Test chain", "rpc_urls": [chain.url, f"{liar}/{SECRET}"], "agree": True, "confirmed": 1}
        avatar_s3_server.client().create_bucket(Bucket=BUCKET)
        url = f"http://localhost:{free_port()}"
        environment = site_environment(
            home / "data",
            url,
            chain,
            contracts,
            DATABASE_URL=f"postgresql://site@/site?host={folder}",
            REDIS_URL=redis.url,
            STATIC_ROOT=str(collected_static_files),
            SECRET_KEY=f"{SECRET}-of-the-site-{'x' * 30}",
            NFT_CHAINS=json.dumps({CHAIN_ID: node | {"avatar_contract": contracts["avatar"].address}}),
            S3_BUCKET=BUCKET,
            S3_ENDPOINT_URL=avatar_s3_server.endpoint_url,
            S3_REGION=REGION,
            S3_ACCESS_KEY_ID=avatar_s3_server.access_key,
            S3_SECRET_ACCESS_KEY=avatar_s3_server.secret_key,
        )
        site = SiteOfTwoRoles(url, chain, None, contracts, environment, home / "log")  # type: ignore[arg-type]
        faulty = Faulty(site, postgres, folder, disk, avatar_s3_server, chain, swap)
        faulty.secrets += [SECRET, avatar_s3_server.secret_key, MAIL]
        at_the_end.callback(lambda: faulty.postgres.stop(5))
        with psycopg.connect(host=str(folder), user="app", dbname="avatarsite", autocommit=True) as connection:
            for statement in STATEMENTS.strip().split(";\n"):
                connection.execute(statement)
        at_the_end.callback(site.stop)
        site.start()
        yield faulty


class SiteOfTwoRoles(Site):
    """Its worker has a role of its own in the database, and all write more than in production."""

    def _launch(self, name: str, *arguments: str) -> None:
        environment = dict(self.environment) | {"LOG_LEVEL": "DEBUG"}
        if name == "worker":
            environment["DATABASE_URL"] = environment["DATABASE_URL"].replace("//site@", "//site_worker@")
        command = [binaries.python(), *arguments]
        self.parts[name] = Running(Program(name, command, self.logs / f"{name}.log", environment, folder=binaries.ROOT))


def eventually(holds: Callable[[], Any], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.3)


def is_refused(response: requests.Response, reason: str) -> bool:
    """Return whether it says why. Anything but success and 503 fails the test."""
    assert response.status_code in {200, 302, 503}
    if response.status_code != 503:
        return False
    assert int(response.headers["Retry-After"]) > 0
    assert reason in response.text
    return True


def test_a_full_disk_says_why_and_stores_nothing_by_halves(faulty: Faulty) -> None:
    alice = faulty.newcomer("alice")
    alice.upload(a_picture("WEBP"))
    faulty.query("VACUUM FULL")  # leaves room for few more rows
    faulty.query("CHECKPOINT")
    with faulty.full_disk():
        before, refusals, uploaded = faulty.count("profiles_avatar"), [], 0
        for _ in range(25):  # the first rows may find room in pages that the tables have
            answer = faulty.post(alice, "/settings/picture/", files=a_file())
            if is_refused(answer, "Our database"):
                refusals.append(answer.text)
            else:
                uploaded += 1
        assert any("Our database has no space left." in text for text in refusals)
        assert faulty.count("profiles_avatar") == before + uploaded
        assert requests.get(f"{faulty.site.url}/u/alice/", timeout=30).status_code == 200, "what is there can be read"
    alice.upload(a_picture("WEBP"))
    assert faulty.count("profiles_avatar") == before + uploaded + 1
    unfinished = (
        "SELECT count(*) FROM profiles_avatar AS avatar WHERE NOT EXISTS "
        "(SELECT FROM profiles_rendition AS square WHERE square.image_id = avatar.image_id)"
    )
    assert faulty.query(unfinished) == [(0,)]


def test_a_restart_of_the_database_costs_errors_with_a_reason_and_nothing_else(faulty: Faulty) -> None:
    alice = faulty.newcomer("restarted")
    faulty.restart_postgres()
    eventually(
        lambda: (
            not is_refused(faulty.post(alice, "/settings/picture/", files=a_file()), "Our database does not respond.")
        )
    )


def test_workers_that_are_cut_off_from_the_database_count_no_crash(faulty: Faulty) -> None:
    bob = faulty.newcomer("bob")
    first, second = (faulty.site.mint_shape(bob.account.address) for _ in range(2))
    shapes = faulty.site.contracts["shapes"].address
    bob.claim(shapes, first)
    with faulty.workers_cut_off():
        bob.claim(shapes, second)
        time.sleep(10)
        assert faulty.query("SELECT state FROM nft_tokenclaim WHERE token_id = %s", str(second)) == [("pending",)]
    eventually(lambda: faulty.query("SELECT count(*) FROM nft_tokenclaim WHERE state = 'owned'") == [(2,)])
    for table in ("nft_tokenclaim", "nft_claimpicture", "nft_mintrequest"):
        assert faulty.query(f"SELECT * FROM {table} WHERE crashes > 0 OR gave_up_at IS NOT NULL") == []  # noqa: S608


def test_a_store_that_refuses_us_stops_uploads_and_is_tried_again_by_jobs(faulty: Faulty) -> None:
    carol = faulty.newcomer("carol")
    shapes, token = faulty.site.contracts["shapes"].address, faulty.site.mint_shape(carol.account.address)
    with faulty.store.suspended():
        assert is_refused(faulty.post(carol, "/settings/picture/", files=a_file()), "Our object store can")
        carol.claim(shapes, token)
        waiting = "SELECT count(*) FROM nft_claimpicture WHERE last_error LIKE 'Our object store%'"
        eventually(lambda: faulty.query(waiting) == [(1,)])
    eventually(lambda: carol.shows(token))


def test_no_log_of_any_process_names_a_person_or_a_secret(faulty: Faulty) -> None:
    """Two nodes disagree about a hidden account, statements fail, mail is sent, and strangers ask for addresses."""
    dora, eve = faulty.newcomer("dora"), faulty.newcomer("eve")
    token = faulty.site.mint_shape(dora.account.address)
    faulty.swap[dora.account.address[2:].lower()] = eve.account.address[2:].lower()
    dora.claim(faulty.site.contracts["shapes"].address, token)
    eventually(lambda: "disagree" in (faulty.site.logs / "worker.log").read_text())
    faulty.swap.clear()
    dora.post("/accounts/email/", data={"email": MAIL, "action_add": ""})
    faulty.post(dora, "/accounts/password/reset/", data={"email": MAIL})
    address = dora.account.address
    for path in (
        f"/avatar/{address}",
        f"/avatar/{address}.json?s=1&d={MAIL}",
        f"/prove/{address}/",
        f"/{address}/{MAIL}",
    ):
        requests.get(faulty.site.url + path, timeout=30)
    signature = sign_wrong(faulty, dora)
    faulty.secrets.append(signature)
    race(faulty, dora, eve)
    faulty.restart_postgres()
    requests.get(f"{faulty.site.url}/avatar/{address}?s=77", timeout=30)
    time.sleep(5)
    logs = {path.name: path.read_text(errors="replace") for path in faulty.site.logs.glob("*.log")}
    assert {"web.log", "worker.log", "beat.log", "postgres.log", "redis.log"} <= set(logs)
    assert "ERROR" in logs["postgres.log"]
    for name, text in logs.items():
        for secret in faulty.secrets:
            found = re.search(f".*{re.escape(secret)}.*", text, re.IGNORECASE)
            assert found is None, f"{name}: {found.group()}"
        assert "wants you to sign in" not in text, name


def a_file() -> dict[str, tuple[str, bytes, str]]:
    return {"content": ("a.webp", a_picture("WEBP"), "image/webp")}


def sign_wrong(faulty: Faulty, visitor: Visitor) -> str:
    """Answer a challenge with another key's signature; return it."""
    wanted = {"address": visitor.account.address, "chain_id": CHAIN_ID, "purpose": "sign_in"}
    text = faulty.post(visitor, "/accounts/wallet/challenge/", "application/json", json=wanted).json()["text"]
    signature = Account.create().sign_message(encode_defunct(text=text)).signature.to_0x_hex()
    answer = {"text": text, "signature": signature}
    assert faulty.post(visitor, "/accounts/wallet/verify/", "application/json", json=answer).status_code >= 400
    return str(signature[2:])


def race(faulty: Faulty, *rivals: Visitor) -> None:
    """Give two people the same account, which the database refuses with both values, as in a race."""
    statement = "UPDATE nft_linkedaccount SET address = %s WHERE address = %s"
    with (
        psycopg.connect(host=str(faulty.folder), user="site", dbname="site") as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute(statement, [bytes.fromhex(each.account.address[2:]) for each in rivals])
