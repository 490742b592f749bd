"""`manage.py check_deploy` finds each fault on real servers, names the command that mends it, and always ends."""

from __future__ import annotations

import io
import json
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from avatarsite.ops.deployment import chains as on_chains
from avatarsite.ops.deployment import database, files, mail, queue, store, web
from avatarsite.ops.deployment.findings import Finding, Verdict, ok, run_checks
from localstack.processes import free_port
from nft.settings.chains import chains
from nft.testing.chain import Chain
from nft.testing.fake_node import fake_node
from nft.testing.genesis import CHAIN_ID
from profiles.testing.stores import Bucket
from tests.kit import on_s3
from tests.servers.pinner import TOKEN, PinnerServer
from tests.servers.places import Places, on_sqlite
from tests.servers.redis import RedisServer, start_redis
from tests.servers.smtp import MailServer, send_mail_by_smtp

on_postgres = pytest.mark.skipif(on_sqlite(), reason="PostgreSQL only")


def wrongs(found: Iterable[Finding]) -> str:
    """Return the wrong findings as one text, each with what mends it."""
    return "\n".join(f"{each.sentence} → {each.mend}" for each in found if each.verdict is Verdict.WRONG)


def sentences(found: Iterable[Finding]) -> str:
    return "\n".join(f"{each.verdict.value}: {each.sentence}" for each in found)


# --- the frame --------------------------------------------------------------------------------------------------------


def test_a_check_that_hangs_or_fails_is_unknown_and_the_others_are_kept() -> None:
    def hang() -> Iterator[Finding]:
        yield ok("slow", "It began.")
        time.sleep(30)

    def fail() -> Iterator[Finding]:
        raise ValueError("postgresql://user:password@host")

    started = time.monotonic()
    found = run_checks({"slow": hang, "broken": fail, "good": lambda: [ok("good", "Yes.")]}, 0.5)
    assert time.monotonic() - started < 10
    assert [(each.part, each.verdict.value) for each in found] == [
        ("slow", "ok"),
        ("slow", "unknown"),
        ("broken", "unknown"),
        ("good", "ok"),
    ]
    assert "password" not in sentences(found)


@pytest.mark.django_db(transaction=True)
def test_the_command_ends_with_1_and_prints_json(settings: Any, tmp_path: Path) -> None:
    settings.SITE_ORIGIN = f"http://127.0.0.1:{free_port()}"
    output = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_deploy", "--json", "--seconds", "10", "--env-file", str(tmp_path / "env"), stdout=output)
    assert ended.value.code == 1
    document = json.loads(output.getvalue())
    assert document["counts"]["wrong"] == sum(each["verdict"] == "wrong" for each in document["findings"]) > 0
    assert {"database", "redis", "store", "web", "mail"} <= {each["part"] for each in document["findings"]}
    unreached = next(each for each in document["findings"] if each["part"] == "web")
    assert (unreached["verdict"], "nginx -t" in unreached["mend"]) == ("unknown", True)


# --- database ---------------------------------------------------------------------------------------------------------


@on_postgres
@pytest.mark.django_db
def test_the_database_is_looked_through() -> None:
    assert "The role app is a superuser" in wrongs(database.check_database())
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain_role; GRANT SELECT ON django_migrations TO plain_role; SET ROLE plain_role")
        assert "plain_role may not create tables" in wrongs(database.check_database())
        assert 'ALTER DATABASE "' in wrongs(database.check_database())
        cursor.execute("RESET ROLE; GRANT CREATE ON SCHEMA public TO plain_role; SET ROLE plain_role")
        assert wrongs(database.check_database()) == ""
        cursor.execute("RESET ROLE; DELETE FROM django_migrations WHERE app = 'profiles'")
    assert "migrations are not applied. → avatarsite migrate" in wrongs(database.check_database())


@on_postgres
@pytest.mark.django_db
def test_too_few_connections_are_found(settings: Any) -> None:
    assert "connections are left" in sentences(database.check_database())
    settings.DATABASE_CONNECTIONS = 5000
    assert "ALTER SYSTEM SET max_connections = 50" in wrongs(database.check_database())


@on_postgres
@pytest.mark.django_db
def test_a_clock_that_is_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time
    monkeypatch.setattr("avatarsite.ops.deployment.database.time.time", lambda: now() - 120)
    assert "clock is 120 s ahead of" in wrongs(database.check_database())


@on_postgres
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"NAME": "absent"}, "createdb --owner app absent"),
        ({"USER": "nobody-here"}, "createuser --pwprompt nobody-here"),
        ({"HOST": "/tmp/absent"}, "systemctl start postgresql"),  # noqa: S108 - nothing is there
    ],
)
def test_a_refusal_names_what_mends_it(changes: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {**connection.settings_dict, **changes}
    monkeypatch.setitem(connections.settings, "default", changed)
    assert says in wrongs(run_checks({"database": database.check_database}, 10))


@on_postgres
@pytest.mark.django_db
def test_a_wrong_password_is_told_apart(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = places.postgres / "data" / "pg_hba.conf"
    before = rules.read_text()
    role = f"locked_{secrets.token_hex(4)}"
    own = connections.create_connection("default")
    with closing(own), own.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'right'")
        rules.write_text(f"local all {role} scram-sha-256\n{before}")
        cursor.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        changed = {**connection.settings_dict, "USER": role, "PASSWORD": "only-a-guess"}
        monkeypatch.setitem(connections.settings, "default", changed)
        found = wrongs(run_checks({"database": database.check_database}, 10))
        rules.write_text(before)
        cursor.execute(f"DROP ROLE {role}")
        cursor.execute("SELECT pg_reload_conf()")
    assert f"psql -c '\\password {role}'" in found
    assert "only-a-guess" not in found


# --- redis ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def own_redis(places: Places, settings: Any) -> Iterator[RedisServer]:
    """A Redis whose settings the test changes, set as docs/operate/deploy.md says."""
    name = f"r{secrets.token_hex(4)}"
    server = start_redis(places.folder / f"{name}.sock", places.folder / name, places.log(name), keep=True)
    with server.client() as client:
        client.config_set("maxmemory", "64mb")
    settings.REDIS_URL = server.url
    yield server
    server.running.kill()


def test_redis_is_right_when_set_as_documented(own_redis: RedisServer) -> None:
    assert wrongs(queue.check_redis()) == ""
    assert "A key was written and removed." in sentences(queue.check_redis())


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("maxmemory-policy", "allkeys-lru", "CONFIG SET maxmemory-policy noeviction"),
        ("maxmemory", "0", "CONFIG SET maxmemory 512mb"),
        ("maxmemory", "1kb", "Redis takes no writes: "),
        ("appendonly", "no", "CONFIG SET appendonly yes"),
        ("requirepass", "secret", "Redis wants another password."),
    ],
)
def test_each_wrong_setting_of_redis_is_found(own_redis: RedisServer, name: str, value: str, says: str) -> None:
    with own_redis.client() as client:
        client.config_set(name, value)
    assert says in wrongs(queue.check_redis())


def test_a_redis_that_is_down_or_open_is_found(own_redis: RedisServer, settings: Any) -> None:
    port = free_port()
    with own_redis.client() as client:
        client.config_set("port", port)
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    assert "it has no password" in wrongs(queue.check_redis())
    own_redis.running.kill()
    assert "Redis does not answer" in wrongs(queue.check_redis())


# --- store ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(s3: Bucket, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    on_s3.use(settings, s3, monkeypatch)
    monkeypatch.setenv("S3_BROWSER_ENDPOINT_URL", "https://s3.avatars.example")
    return s3


def prepare(*arguments: str) -> str:
    output = io.StringIO()
    call_command("prepare_bucket", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def test_the_bucket_is_checked_and_prepared_by_the_named_commands(bucket: Bucket) -> None:
    assert "avatarsite prepare_bucket --apply" in wrongs(store.check_store())
    prepare("--create", "--apply")
    assert wrongs(store.check_store()) == ""
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    assert "--suspend-versioning" in wrongs(store.check_store())
    assert "--suspend-versioning" in prepare()
    assert "stays in it" not in prepare("--suspend-versioning")
    assert wrongs(store.check_store()) == ""
    assert bucket.object_keys() == []
    listed = bucket.client.list_object_versions(Bucket=bucket.name)
    for version in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        bucket.client.delete_object(Bucket=bucket.name, Key=version["Key"], VersionId=version["VersionId"])


def test_a_missing_bucket_is_made(bucket: Bucket, settings: Any) -> None:
    name = f"test-{secrets.token_hex(6)}"
    settings.STORAGES["avatars"]["OPTIONS"]["bucket_name"] = name
    settings.STORAGES = dict(settings.STORAGES)
    assert f"no bucket {name}. → avatarsite prepare_bucket --create --apply" in wrongs(store.check_store())
    prepare("--create", "--apply")
    prepare("--create")
    assert wrongs(store.check_store()) == ""
    bucket.client.delete_bucket(Bucket=name)


def test_a_wrong_key_and_a_server_that_is_down_are_told_apart(
    s3: Bucket, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_s3.use(settings, s3, monkeypatch, retries={"total_max_attempts": 1})
    settings.STORAGES["avatars"]["OPTIONS"]["secret_key"] = "wrong"
    settings.STORAGES = dict(settings.STORAGES)
    assert "refuses the site's key (SignatureDoesNotMatch)" in wrongs(store.check_store())
    nowhere = f"http://127.0.0.1:{free_port()}"
    on_s3.use(settings, s3, monkeypatch, endpoint=nowhere, retries={"total_max_attempts": 1})
    assert "The S3 server does not answer" in wrongs(store.check_store())


def test_pages_that_name_an_internal_store_are_found(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("S3_BROWSER_ENDPOINT_URL")
    assert "(S3_BROWSER_ENDPOINT_URL is not set). → S3_BROWSER_ENDPOINT_URL='https" in wrongs(store.check_store())
    monkeypatch.setenv("S3_BROWSER_ENDPOINT_URL", "http://10.0.0.5:9000")
    assert "Every page names the internal store http://10.0.0.5:9000" in wrongs(store.check_store())


def test_a_folder_that_cannot_be_written_is_found(settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.touch()
    options = {"location": file / "avatars", "base_url": None}
    settings.STORAGES = settings.STORAGES | {"avatars": settings.STORAGES["avatars"] | {"OPTIONS": options}}
    assert "install -d -o avatarsite" in wrongs(store.check_store())


# --- mail -------------------------------------------------------------------------------------------------------------


def test_mail_is_tried_as_far_as_asked(settings: Any, mail_server: MailServer) -> None:
    send_mail_by_smtp(settings, mail_server.port)
    assert wrongs(mail.check_mail()) == ""
    assert mail_server.mails == []
    assert wrongs(mail.check_mail("me@avatars.example")) == ""
    assert "To: me@avatars.example" in mail_server.mails[0]


def test_each_refusal_of_the_mail_server_is_told_apart(settings: Any, mail_server: MailServer) -> None:
    send_mail_by_smtp(settings, mail_server.port, use_tls=True)
    assert "offers no STARTTLS" in wrongs(mail.check_mail())
    login = {"username": "site", "password": "wrong"}
    send_mail_by_smtp(settings, mail_server.port, use_tls=False, **login)
    mail_server.password = "right"
    assert "refuses the login" in wrongs(mail.check_mail())
    assert "sent without encryption. → EMAIL_USE_TLS=1" in wrongs(mail.check_mail())
    send_mail_by_smtp(settings, free_port(), **login)
    assert "Compare EMAIL_HOST and EMAIL_PORT" in wrongs(mail.check_mail())


# --- chains, gateways, pinners ----------------------------------------------------------------------------------------


def use_nodes(settings: Any, *urls: str, chain_id: int = CHAIN_ID, **more: Any) -> None:
    settings.NFT_CHAINS = {chain_id: {"name": "Test", "rpc_urls": list(urls), "max_block_age": None, **more}}


def check_nodes() -> list[Finding]:
    return [finding for chain in chains().values() for finding in on_chains.check_nodes(chain)]


def test_a_node_that_answers_is_right(chain: Chain, settings: Any) -> None:
    use_nodes(settings, chain.url, chain.url.replace("127.0.0.1", "localhost"))
    assert wrongs(check_nodes()) == ""
    assert "It answers eth_getLogs over 2,000 blocks." in sentences(check_nodes())


def test_wrong_nodes_are_found(chain: Chain, settings: Any) -> None:
    use_nodes(settings, chain.url, chain_id=5)
    assert "It serves chain 31337, not 5." in wrongs(check_nodes())
    use_nodes(settings, f"http://127.0.0.1:{free_port()}/key-in-path", chain.url)
    found = check_nodes()
    assert "can't be reached" in wrongs(found)
    assert "All its nodes are at one host" in wrongs(found)
    assert "key-in-path" not in "".join(map(str, found))


def test_a_node_with_old_blocks_short_spans_and_no_batches_is_found(settings: Any) -> None:
    def answer(method: str, params: list[Any]) -> Any:
        if method == "eth_getLogs":
            span = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1
            return [] if span <= 100 else ValueError("query returned more than allowed")
        block = {"number": "0x2710", "hash": "0x" + "00" * 32, "timestamp": hex(int(time.time()) - 5000)}
        return {"eth_chainId": hex(CHAIN_ID), "eth_getBlockByNumber": block}.get(method, ValueError("unknown"))

    with fake_node(answer) as node:
        use_nodes(settings, node.url, max_block_age=3600)
        found = check_nodes()
    assert "s old: it may be stuck" in wrongs(found)
    assert "It answers no batch of 20" in wrongs(found)
    assert "It answers eth_getLogs over 100 blocks." in sentences(found)


@pytest.mark.django_db
def test_the_account_that_pays_is_checked_on_chain(chain: Chain, settings: Any) -> None:
    from tests.kit.mints import install

    install(chain, settings)
    settings.NFT_SPONSOR_CHAINS, settings.NFT_SPONSOR_KEYS = [CHAIN_ID], {CHAIN_ID: "0x" + "77" * 32}
    found = wrongs(on_chains.check_sponsor(CHAIN_ID))
    assert "does not have MINTER_ROLE" in found
    assert "avatarsite grant_minter --chain 31337" in found
    assert "avatarsite fund_sponsor --chain 31337 --amount" in found
    settings.NFT_SPONSOR_KEYS = {CHAIN_ID: chain.keys[chain.accounts[0]]}  # administers the contract
    assert wrongs(on_chains.check_sponsor(CHAIN_ID)) == ""


def test_gateways_are_asked_for_a_block(settings: Any, helia: Any) -> None:
    settings.NFT_IPFS_GATEWAYS = (helia.url, f"http://127.0.0.1:{free_port()}")
    found = list(on_chains.check_gateways())
    assert [each.verdict.value for each in found] == ["ok", "wrong"]
    settings.NFT_IPFS_GATEWAYS = (helia.url,)
    assert "one outage stops new pictures" in wrongs(on_chains.check_gateways())


@pytest.mark.parametrize("kind", ["kubo", "service"])
def test_pinners_are_asked_whether_they_know_us(settings: Any, pinner: PinnerServer, kind: str) -> None:
    settings.NFT_PINNERS = [{"name": "ours", "kind": kind, "url": pinner.url, "token": f"Basic {TOKEN}"}]
    assert wrongs(on_chains.check_pinners()) == ""
    settings.NFT_PINNERS = [{"name": "ours", "kind": kind, "url": pinner.url, "token": "Basic other"}]
    assert "does not accept our token" in wrongs(on_chains.check_pinners())


# --- the site, its files and keys -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_site_is_asked_as_people_reach_it(live_server: Any, settings: Any) -> None:
    settings.SITE_ORIGIN = live_server.url
    found = list(web.check_web())
    assert "ok: Static files arrive." in sentences(found)
    assert wrongs(found).startswith("/metrics answers to the public with status 200.")
    assert wrongs(found).count("→") == 1
    settings.ALLOWED_HOSTS = ["avatars.example"]
    assert "Compare ALLOWED_HOSTS with SITE_ORIGIN" in wrongs(web.check_web())


def test_static_files_that_were_not_collected_are_found(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "avatarsite.static_files.HashedStaticFiles"}}
    assert "avatarsite collectstatic --noinput" in wrongs(files.check_static_files())
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "staticfiles.json").write_text('{"version": "1.1", "paths": {}}')
    assert "static files were not collected" in wrongs(files.check_static_files())


def test_the_env_file_and_key_files_are_for_the_group_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "env"
    assert "unknown" in sentences(files.check_env_file(file))
    file.write_text("SITE_NAME=two words\nLOG_LEVEL=NOT-THIS\n")
    file.chmod(0o644)
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    found = wrongs(files.check_env_file(file))
    assert "line 1 (SITE_NAME)" in found
    assert "other values than the file for LOG_LEVEL" in found
    assert f"chmod 640 {file}" in found
    file.write_text("LOG_LEVEL=INFO\n")
    file.chmod(0o640)
    assert wrongs(files.check_env_file(file)) == ""
    key = tmp_path / "key"
    key.write_text("secret")
    key.chmod(0o644)
    monkeypatch.setenv("SECRET_KEY_FILE", str(key))
    assert f"Every user of this machine may read {key}" in wrongs(files.check_key_files())


def test_the_receipt_key_is_tried(settings: Any) -> None:
    settings.AVATAR_RECEIPT_SIGNING_KEY = ""
    assert "openssl genpkey" in wrongs(files.check_receipt_key())
    settings.AVATAR_RECEIPT_SIGNING_KEY = "no key"
    assert "no private key in PEM form" in wrongs(files.check_receipt_key())
    from tests.site.test_checks import KEY

    settings.AVATAR_RECEIPT_SIGNING_KEY = KEY
    assert wrongs(files.check_receipt_key()) == ""


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_queue_without_a_worker_is_found(programs: Any) -> None:
    assert "No worker takes the queue chain." in wrongs(queue.check_workers())
    programs.start_worker()
    ends_at = time.monotonic() + 60
    while found := wrongs(queue.check_workers()):
        assert time.monotonic() < ends_at, found
