"""Web on one host and workers on another, each in a network namespace, share servers on a third and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from localstack.binaries import ROOT, python
from localstack.processes import Program, Running
from tests.infra.data_host import BUCKET, PORTS
from tests.servers.debian import PLAIN, Namespace, check_programs

pytestmark = [pytest.mark.long]
SITE = "http://localhost:8001"
# Host address and the data host's address on their link.
LINKS = {"web": ("10.77.1.2", "10.77.1.1"), "worker": ("10.77.2.2", "10.77.2.1")}


@dataclass
class Host:
    """One host of the site: its namespace, its own folder, and its way to the data host."""

    name: str
    namespace: Namespace
    folder: Path
    shared: dict[str, Any]
    running: list[Running] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        data = LINKS[self.name][1]
        chain = {"31337": {"name": "Test", "rpc_urls": [f"http://{data}:{PORTS['chain']}"], "max_block_age": None}}
        return PLAIN | {
            "SITE_ORIGIN": SITE,
            "SECRET_KEY": "one-key-for-all-hosts-" + "x" * 40,
            "DATABASE_URL": f"postgresql://app@{data}:{PORTS['postgres']}/avatarsite",
            "REDIS_URL": f"redis://{data}:{PORTS['redis']}/0",
            "S3_BUCKET": BUCKET,
            "S3_ENDPOINT_URL": f"http://{data}:{PORTS['s3']}",
            "S3_ACCESS_KEY_ID": self.shared["key"],
            "S3_SECRET_ACCESS_KEY": self.shared["secret"],
            "NFT_CHAINS": json.dumps(chain),
            "DATA_DIR": str(self.folder / "data"),
            "STATIC_ROOT": str(self.folder / "static"),
            "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
        }

    def start(self, name: str, *arguments: str) -> Running:
        command = [*self.namespace.prefix, python(), *arguments]
        log = self.folder / f"{name}.log"
        self.running.append(Running(Program(name, command, log, self.environment, ROOT)))
        return self.running[-1]

    def run(self, *arguments: str, seconds: float = 240) -> int:
        command = [*self.namespace.prefix, python(), *arguments]
        return subprocess.run(command, check=False, cwd=ROOT, env=self.environment, timeout=seconds).returncode

    def answers(self, url: str) -> bool:
        code = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=3)"
        command = [*self.namespace.prefix, python(), "-c", code, url]
        return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0


@pytest.fixture
def account() -> Any:
    return Account.create()


@pytest.fixture
def hosts(tmp_path: Path, account: Any) -> Iterator[dict[str, Host]]:
    check_programs()
    data = Namespace("avs-data")
    namespaces = {name: Namespace(f"avs-{name}") for name in LINKS}
    hosts: dict[str, Host] = {}
    server = None
    try:
        for name, (own, other) in LINKS.items():
            link(namespaces[name], own, data, other, name)
        command = [*data.prefix, sys.executable, "-m", "tests.infra.data_host", account.address]
        server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        shared = json.loads(server.stdout.readline())
        for name in LINKS:
            (tmp_path / name).mkdir()
            hosts[name] = Host(name, namespaces[name], tmp_path / name, shared)
        yield hosts
    finally:
        for host in hosts.values():
            for running in host.running:
                running.kill()
        if server is not None:
            server.communicate("", timeout=60)
        for namespace in (data, *namespaces.values()):
            namespace.remove()


def link(one: Namespace, one_address: str, other: Namespace, other_address: str, name: str) -> None:
    """Connect two namespaces by a cable of their own."""
    ends = [f"avs-{name}-0", f"avs-{name}-1"]
    subprocess.run(["ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1]], check=True)
    for end, namespace, address in zip(ends, (one, other), (one_address, other_address), strict=True):
        subprocess.run(["ip", "link", "set", end, "netns", namespace.name], check=True)
        namespace.run("ip", "address", "add", f"{address}/24", "dev", end)
        namespace.run("ip", "link", "set", end, "up")


def test_a_claim_made_on_one_host_is_checked_on_another(hosts: dict[str, Host], account: Any) -> None:
    web, worker = hosts["web"], hosts["worker"]
    assert worker.run("manage.py", "migrate", "--verbosity", "0") == 0
    assert web.run("manage.py", "collectstatic", "--noinput", "--verbosity", "0") == 0
    site = web.start("web", "-m", "avatarsite.web", "--port", "8001")
    site.wait_until(lambda: web.answers(f"{SITE}/readyz"), 120)
    person = ["-m", "tests.infra.claimant", SITE, account.key.hex(), web.shared["contract"]]
    assert web.run(*person, "1", "6") == 3, "nobody can have checked it: no worker runs"
    worker.start("beat", "-m", "celery", "-A", "avatarsite.beat", "beat", "-s", str(worker.folder / "schedule"))
    worker.start("worker", "-m", "avatarsite.worker", "all")
    assert web.run(*person, "2", "120") == 0
    assert not web.answers(f"http://{LINKS['worker'][0]}:8001/"), "the two hosts have no way to each other"
    assert not (worker.folder / "data").exists() or not list((worker.folder / "data").rglob("*.webp"))
