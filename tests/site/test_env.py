"""Settings come from the environment, and a wrong value stops the start with its name and reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import chains, env, object_store
from nft.core.evm.address import to_checksum
from nft.settings.chains import parse_chains


def test_a_missing_value_without_default_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_THING", raising=False)
    with pytest.raises(ImproperlyConfigured, match="SECRET_THING is not set"):
        env.text("SECRET_THING")


def test_an_empty_value_counts_as_missing_where_there_is_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_THING", "")
    with pytest.raises(ImproperlyConfigured):
        env.text("SECRET_THING")


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")
    monkeypatch.setenv("SECRET_THING_FILE", str(secret))
    assert env.text("SECRET_THING") == "from-a-file"


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_THING_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_THING_FILE points to .*absent"):
        env.text("SECRET_THING", "default")


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("yes", True), ("0", False), ("off", False), ("", False)])
def test_flags_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch, value: str, meaning: bool) -> None:
    monkeypatch.setenv("A_FLAG", value)
    assert env.flag("A_FLAG", default=not meaning) is meaning


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="A_FLAG is 'maybe': write 1 or 0"):
        env.flag("A_FLAG")


@pytest.mark.parametrize(("value", "complaint"), [("ten", "write a whole number"), ("-1", "must be from 0 to 5")])
def test_numbers_outside_their_range_are_refused(monkeypatch: pytest.MonkeyPatch, value: str, complaint: str) -> None:
    monkeypatch.setenv("A_NUMBER", value)
    with pytest.raises(ImproperlyConfigured, match=complaint):
        env.integer("A_NUMBER", 3, high=5)


def test_lists_may_use_commas_or_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_LIST", "one, two three")
    assert env.words("A_LIST", []) == ["one", "two", "three"]


def test_a_chain_without_a_node_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NFT_CHAINS", '{"1": {"name": "Ethereum"}}')
    with pytest.raises(ImproperlyConfigured, match="chain 1 needs a name and at least one of rpc_urls"):
        chains.read_chains(None)


def test_a_chain_says_when_a_block_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "NFT_CHAINS", '{"1": {"name": "Ethereum", "rpc_urls": ["https://a.example"], "confirmed": "soon"}}'
    )
    with pytest.raises(ImproperlyConfigured, match="confirmed='soon'"):
        chains.read_chains(None)


def test_the_local_stack_knows_what_was_deployed_to_its_chain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NFT_CHAINS", raising=False)
    monkeypatch.setenv("AVATARSITE_CHAIN_PORT", "9999")
    (tmp_path / "chain.json").write_text('{"avatar_contract": "0x5FbDB2315678afecb367f032d93F642f64180aa3"}')
    local = chains.read_chains(tmp_path)[31337]
    assert local["avatar_contract"] == "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    assert local["rpc_urls"] == ["http://127.0.0.1:9999"]


def test_only_the_origin_of_a_node_is_shown_never_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NFT_CHAINS", '{"1": {"name": "Ethereum", "rpc_urls": ["https://node.example/v2/a-key"]}}')
    assert chains.rpc_origins(chains.read_chains(None)) == ["https://node.example"]


def _text(address: bytes | None) -> str:
    return to_checksum(address) if address else ""


def test_names_are_registered_where_the_chain_says(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = '{"name": "A chain", "rpc_urls": ["https://a.example"]%s}'
    registry = "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e"
    off, other = chain % ', "ens_registry": ""', chain % f', "ens_registry": "{registry}"'
    for given, expected in [
        (f'{{"1": {chain % ""}, "5": {chain % ""}}}', [registry, ""]),
        (f'{{"1": {off}, "5": {other}}}', ["", registry]),
    ]:
        monkeypatch.setenv("NFT_CHAINS", given)
        assert [_text(one.ens_registry) for one in parse_chains(chains.read_chains(None)).values()] == expected
    monkeypatch.setenv("NFT_CHAINS", '{"1": ' + chain % ', "ens_registry": "ens.eth"' + "}")
    with pytest.raises(ImproperlyConfigured, match=r"ens_registry='ens\.eth'; it is an address"):
        chains.read_chains(None)


def test_pictures_lie_in_files_until_a_bucket_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("S3_BUCKET", raising=False)
    assert object_store.storage(tmp_path, "avatars")["BACKEND"].endswith("AtomicFileSystemStorage")
    monkeypatch.setenv("S3_BUCKET", "pictures")
    assert object_store.storage(tmp_path, "avatars")["OPTIONS"]["location"] == "avatars"


def test_a_node_for_peoples_wallets_is_one_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = '{"1": {"name": "Ethereum", "rpc_urls": ["https://a.example"], "wallet_rpc_url": "%s"}}'
    monkeypatch.setenv("NFT_CHAINS", chain % "https://public.example")
    assert chains.read_chains(None)[1]["wallet_rpc_url"] == "https://public.example"
    monkeypatch.setenv("NFT_CHAINS", chain % "http://public.example")
    with pytest.raises(ImproperlyConfigured, match="wallets take https:// only"):
        chains.read_chains(None)
