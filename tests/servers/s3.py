"""A real S3 server: Ceph's RADOS gateway with one monitor and one object store in memory.

Unlike mocks it checks signatures, expiry, policies and conditional writes. It comes from the system's packages and
needs neither root nor systemd. All data is in memory, so the three programs are simply killed at the end.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from localstack.processes import Program, Running, free_port
from profiles.testing.stores import Bucket, S3Server
from tests.servers.places import Places

PROGRAMS = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool"]
USER = "app"
# Short paxos intervals cut the start from 13 s to 2 s: creating the pools takes a chain of small proposals.
CONFIGURATION = """
[global]
fsid = {fsid}
mon_initial_members = a
mon_host = v2:127.0.0.1:{mon_port}/0
ms_bind_msgr1 = false
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
auth_allow_insecure_global_id_reclaim = false
keyring = {folder}/keyring
run_dir = {folder}/run
admin_socket = {folder}/run/$name.asok
pid_file = {folder}/run/$name.pid
log_file = {folder}/log/$name.log
crash_dir = {folder}/run
mon_data = {folder}/mon
mon_data_avail_crit = 1
mon_data_avail_warn = 2
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
osd_data = {folder}/osd
osd_journal = {folder}/osd/journal
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_class_load_list = *
osd_class_default_list = *
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_dns_name = localhost
rgw_enable_usage_log = false
rgw_run_sync_thread = false
"""
KEYS = {
    "mon.": ["mon", "allow *"],
    "client.admin": ["mon", "allow *", "osd", "allow *"],
    "client.rgw": ["mon", "allow rw", "osd", "allow rwx"],
    "osd.0": ["mon", "allow profile osd", "osd", "allow *"],
}


@dataclass(frozen=True, kw_only=True)
class ObjectStore(S3Server):
    """The server, which can be disturbed."""

    cluster: Cluster

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Refuse everything this user asks, as after an unpaid bill."""
        self.cluster.administrate("user", "suspend", f"--uid={USER}")
        try:
            yield
        finally:
            self.cluster.administrate("user", "enable", f"--uid={USER}")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Take connections, and answer nothing."""
        gateway = self.cluster.parts[-1].process
        gateway.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            gateway.send_signal(signal.SIGCONT)


class Cluster:
    """Starts the three programs in the order of their dependencies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.configuration = folder / "ceph.conf"
        self.parts: list[Running] = []
        self.environment = os.environ | {"CEPH_CONF": str(self.configuration)}

    def start(self) -> ObjectStore:
        try:
            self._lay_out()
            self._start_monitor()
            self._start_store()
            self._start_gateway()
            return self._add_user()
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        for part in reversed(self.parts):
            part.kill()

    def _lay_out(self) -> None:
        for name in ("mon", "osd", "run", "log"):
            (self.folder / name).mkdir(parents=True)
        text = CONFIGURATION.format(fsid=uuid.uuid4(), folder=self.folder, port=self.port, mon_port=free_port())
        self.configuration.write_text(text, encoding="utf-8")
        keyring = str(self.folder / "keyring")
        self._run("ceph-authtool", "--create-keyring", keyring)
        for name, capabilities in KEYS.items():
            pairs = zip(capabilities[::2], capabilities[1::2], strict=True)
            caps = [word for pair in pairs for word in ("--cap", *pair)]
            self._run("ceph-authtool", keyring, "--gen-key", "-n", name, *caps)

    def _start_monitor(self) -> None:
        values = dict(line.split(" = ", 1) for line in self.configuration.read_text().splitlines() if " = " in line)
        monmap, address = str(self.folder / "monmap"), f"[{values['mon_host']}]"
        self._run("monmaptool", "--create", "--clobber", "--addv", "a", address, "--fsid", values["fsid"], monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", str(self.folder / "keyring"))
        self._launch("ceph-mon", "-i", "a")

    def _start_store(self) -> None:
        self._run("ceph", "osd", "create")
        self._run("ceph-osd", "-i", "0", "--mkfs")
        store = self._launch("ceph-osd", "-i", "0")
        store.wait_until(lambda: "1 up" in self._run("ceph", "osd", "stat"), 30)

    def _start_gateway(self) -> None:
        gateway = self._launch("radosgw", "-n", "client.rgw")
        gateway.wait_until(self._answers, 60)

    def _add_user(self) -> ObjectStore:
        access_key, secret_key = f"TEST{secrets.token_hex(6)}".upper(), secrets.token_urlsafe(24)
        names = [f"--uid={USER}", f"--display-name={USER}"]
        self.administrate("user", "create", *names, f"--access-key={access_key}", f"--secret={secret_key}")
        return ObjectStore(f"http://127.0.0.1:{self.port}", access_key, secret_key, cluster=self)

    def administrate(self, *arguments: str) -> None:
        self._run("radosgw-admin", *arguments)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def _launch(self, program: str, *arguments: str) -> Running:
        log = self.folder / "log" / f"{program}.out"
        running = Running(Program(program, [program, *arguments, "-f"], log, self.environment))
        self.parts.append(running)
        return running

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=self.environment, timeout=60)
        if done.returncode:
            raise RuntimeError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
        return done.stdout


@pytest.fixture(scope="session")
def avatar_s3_server(places: Places) -> Iterator[ObjectStore]:
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        pytest.fail(
            f"The S3 server for tests needs {', '.join(missing)}. Install it: python3 -m localstack.bootstrap test",
            pytrace=False,
        )
    cluster = Cluster(places.folder / "s3")
    yield cluster.start()
    cluster.kill()


@pytest.fixture
def s3(avatar_bucket: Bucket) -> Bucket:
    """A new bucket on this server."""
    return avatar_bucket
