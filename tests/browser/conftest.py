"""The site that all browser tests share, and the people who use it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from localstack.processes import free_port
from tests.browser.goals import GOALS, PROPERTY, Cost, measure, table
from tests.browser.people import Person
from tests.browser.site import Site, deploy_contracts, site_environment
from tests.browser.stranger import Stranger
from tests.browser.wallet import KeyWallet
from tests.servers.chain import start_chain
from tests.servers.chromium import running_chromium
from tests.servers.helia_gateway import Gateway
from tests.servers.places import Places, on_sqlite
from tests.servers.redis import start_redis
from tests.servers.s3 import ObjectStore
from tests.servers.walletconnect_relay import Relay

BUCKET = "browser-tests"
BLOCK_SECONDS = "1"
PATIENCE = 30_000
"""In milliseconds. Two busy cores run a chain, a gateway, a store, a database, the site and a browser."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this folder, which a worker runs one after the other."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(
    places: Places,
    database_server: object,
    collected_static_files: Path,
    avatar_s3_server: ObjectStore,
    helia: Gateway,
    relay: Relay,
) -> Iterator[Site]:
    home = places.folder / "site"
    with ExitStack() as at_the_end:
        chain = start_chain(places, free_port(), "--block-time", BLOCK_SECONDS)
        at_the_end.callback(chain.running.kill)
        redis = start_redis(places.folder / "site-redis.sock", home / "redis", places.log("site-redis"))
        at_the_end.callback(redis.running.kill)
        url, contracts = f"http://localhost:{free_port()}", deploy_contracts(chain)
        servers = _storage(avatar_s3_server, url) | {"REDIS_URL": redis.url, "NFT_IPFS_GATEWAYS": helia.url}
        servers |= {"STAFF_NEED_SECOND_FACTOR": "1", "STATIC_ROOT": str(collected_static_files)}
        servers |= {"WALLETCONNECT_PROJECT_ID": "browser-tests", "WALLETCONNECT_RELAY_URL": relay.url}
        environment = site_environment(
            home / "data", url, chain, contracts, DATABASE_URL=_make_database(places), **servers
        )
        running = Site(url, chain, helia, contracts, environment, home / "log")
        at_the_end.callback(running.stop)
        running.start()
        yield running


def _storage(avatar_s3_server: ObjectStore, url: str) -> dict[str, str]:
    from profiles.management.commands.prepare_bucket import cors_rules

    client = avatar_s3_server.client()
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=cors_rules(url))
    return {
        "S3_BUCKET": BUCKET,
        "S3_ENDPOINT_URL": avatar_s3_server.endpoint_url,
        "S3_ACCESS_KEY_ID": avatar_s3_server.access_key,
        "S3_SECRET_ACCESS_KEY": avatar_s3_server.secret_key,
    }


def _make_database(places: Places) -> str:
    if on_sqlite():
        return f"sqlite:///{places.folder / 'site.sqlite3'}"
    import psycopg

    with psycopg.connect(host=str(places.postgres), user="app", dbname="avatarsite", autocommit=True) as connection:
        connection.execute("CREATE DATABASE site")
    return f"postgresql://app@/site?host={places.postgres}"


@pytest.fixture
def meet(site: Site, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """Return a function: `meet("alice")` is a person with their own browser and a wallet that has 10 ETH."""
    people: list[Person] = []

    def meet_one(handle: str, **wallet: object) -> Person:
        context = chromium.new_context(base_url=site.url)
        context.set_default_timeout(PATIENCE)
        key_wallet = KeyWallet(site.chain.w3, site.funded_account(), **wallet)  # type: ignore[arg-type]
        key_wallet.install(context)
        person = Person(handle, site, context.new_page(), key_wallet)
        people.append(person)
        return person

    yield meet_one
    for person in people:
        person.leave()


@pytest.fixture
def mona(meet: Callable[..., Person]) -> Person:
    """Somebody new with a handle of their own, whose pages do not move: axe judges colors at rest."""
    person = meet(f"mona{os.urandom(3).hex()}")
    person.page.emulate_media(reduced_motion="reduce")
    person.sign_in_with_wallet()
    person.choose_handle()
    return person


@pytest.fixture
def reach(request: pytest.FixtureRequest) -> Callable[[str, Stranger], None]:
    """Return a function: `reach("photo", stranger)` notes what that goal cost, and fails if it is more than allowed."""

    def reach_goal(name: str, stranger: Stranger) -> None:
        cost = measure(stranger)
        request.node.user_properties.append((PROPERTY, [name, asdict(cost)]))
        assert not GOALS[name].faults(cost), " | ".join(sorted(stranger.lines))

    return reach_goal


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests that were run have counted, beside the goals."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    properties = [value for report in reports if report.when == "call" for value in report.user_properties]
    found = [(name, Cost(**cost)) for key, value in properties if key == PROPERTY for name, cost in [value]]
    if found:
        terminalreporter.write_sep("-", "what it costs / may cost; requests and code of the heaviest page")
        terminalreporter.write_line("\n".join(table(found)))
