"""The guide docs/operate/deploy.md, run from its text alone on bare Debian 12 and 13 until a person's picture shows.

Each block of commands (```sh) runs as it stands, and the block of output (```text) after it must be what came. The
first block has the operator's own values, which the test replaces by those of its servers.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from avatarsite.env_file import parse_env_file
from localstack.binaries import ROOT
from tests.servers.debian import KEPT, Machine, Namespace, check_programs, new_folder
from tests.site.test_env_file import TRICKY, written

pytestmark = [pytest.mark.long]
GUIDE = ROOT / "docs" / "operate" / "deploy.md"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VALUE = re.compile(r"^(\w+)=", re.MULTILINE)
HOST = "avatars.example"
AFTERWARDS = ["backup.md", "secrets.md", "upgrade.md"]
# What a shell keeps from one block to the next: the guide is for one shell.
KEEP = "trap 'export -p > /root/.shell' EXIT; set -a; . /root/.shell 2>/dev/null || true\n"


@dataclass
class Step:
    commands: str
    expected: str = ""

    @property
    def is_online(self) -> bool:
        return "apt-get install" in self.commands


def read_steps(page: Path) -> list[Step]:
    steps: list[Step] = []
    for kind, text in BLOCK.findall(page.read_text("utf-8")):
        if kind == "sh":
            steps.append(Step(text))
        else:
            steps[-1].expected = text
    return steps


def missing_line(expected: str, output: str) -> str:
    """Return the first expected line that did not come, in its order; "" if all came. An … stands for anything."""
    lines = iter(line.rstrip() for line in output.splitlines())
    for wanted in expected.splitlines():
        pattern = ".*".join(re.escape(part) for part in wanted.split("…"))
        if wanted != "…" and not any(re.fullmatch(pattern, line) for line in lines):
            return wanted
    return ""


@dataclass
class World:
    """The servers around the machine, in its network."""

    namespace: Namespace
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        command = [*self.namespace.prefix, sys.executable, "-m", "tests.infra.outside"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        self.values = json.loads(self.process.stdout.readline())

    def end(self) -> list[str]:
        """Stop all. Return the mails that were sent."""
        mails, _ = self.process.communicate("", timeout=60)
        found: list[str] = json.loads(mails.strip().splitlines()[-1])
        return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone to clone from, of what is committed."""
    folder = tmp_path / "repository.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(folder)], check=True)
    return folder


@pytest.fixture(params=["bookworm", "trixie"])
def machine(request: Any, repository: Path) -> Iterator[Machine]:
    check_programs()
    packages, wheels = KEPT / f"apt-{request.param}", KEPT / "pip"
    for folder in (packages, wheels):
        folder.mkdir(parents=True, exist_ok=True)
    shared = {"/mnt/repository.git": repository, "/var/cache/apt/archives": packages, "/var/cache/pip": wheels}
    namespace = Namespace(f"guide-{request.param}")
    machine = Machine(request.param, namespace, new_folder() / "machine", shared)
    yield machine
    machine.end()
    namespace.remove()


@pytest.fixture
def world(machine: Machine) -> Iterator[World]:
    world = World(machine.namespace)
    yield world
    if world.process.poll() is None:
        world.end()


def operators_values(world: World) -> dict[str, str]:
    found = world.values
    return {
        "HOST": HOST,
        "REPOSITORY": "/mnt/repository.git",
        "ADMIN_EMAIL": "operator@avatars.example",
        **{name: found[name] for name in ("S3_ENDPOINT_URL", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")},
        "S3_BUCKET": "avatars",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": found["EMAIL_PORT"],
        "EMAIL_USE_TLS": "0",
        "EMAIL_HOST_USER": "",
        "EMAIL_HOST_PASSWORD": "",
        "CHAIN": "31337",
        "RPC_URL_1": found["RPC_URL"],
        "RPC_URL_2": found["RPC_URL"].replace("127.0.0.1", "localhost"),
        "IPFS_GATEWAYS": f"{found['GATEWAY']} {found['GATEWAY'].replace('127.0.0.1', 'localhost')}",
    }


def prepare(machine: Machine, world: World) -> None:
    """Do what the guide asks for before it begins, and its advice for a store that browsers don't reach."""
    machine.run(f"echo '127.0.0.1 localhost {HOST}' > /etc/hosts")


def test_the_guide_leads_to_a_site_that_shows_a_picture(machine: Machine, world: World) -> None:
    values, *steps = read_steps(GUIDE)
    given = operators_values(world)
    assert set(VALUE.findall(values.commands)) == set(given)
    steps.insert(0, Step("".join(f"{name}='{value}'\n" for name, value in given.items())))
    prepare(machine, world)
    transcript = KEPT / f"transcript-{machine.suite}.txt"
    transcript.write_text("")
    for step in steps:
        around(machine, world, step)
        write(transcript, f"$ {step.commands}")
        began = time.monotonic()
        output = machine.run(KEEP + step.commands, online=step.is_online, seconds=1200, transcript=transcript)
        write(transcript, f"({time.monotonic() - began:.0f} s)\n\n")
        assert missing_line(step.expected, output) == "", output
    person = ROOT / "tests" / "infra" / "guide_person.py"
    shutil.copy(person, machine.root / "root" / "person.py")
    site = f"https://{HOST} /etc/avatarsite/tls/fullchain.pem"
    person_comes = f"/srv/avatarsite/app/.venv/bin/python /root/person.py {site}"
    shown = machine.run(person_comes, transcript=transcript)
    assert "the picture shows, 128 pixels wide" in shown
    read_alike_by_systemd(machine)
    for page in AFTERWARDS:
        if page == "secrets.md":
            change_secrets(machine, world, transcript)
        else:
            run_page(machine, world, page, transcript)
        # Programs that were just started need a moment until they answer.
        check = "avatarsite check_deploy"
        machine.run(
            f"{check} || {{ sleep 30; {check}; }} || {{ sleep 60; {check}; }}", seconds=400, transcript=transcript
        )
        assert "still signed in, and the picture still shows" in machine.run(person_comes, transcript=transcript)
    assert any("To: operator@avatars.example" in mail for mail in world.end())


def run_page(machine: Machine, world: World, page: str, transcript: Path) -> None:
    """Run the blocks of a page of the same folder, which an operator reads later."""
    release = machine.run("git -C /srv/avatarsite/app rev-parse HEAD").strip()
    for step in read_steps(GUIDE.with_name(page)):
        around(machine, world, step)
        write(transcript, f"$ {step.commands}")
        earlier = runs_of_units(machine)
        commands = f"RELEASE={release}\nCHAIN=31337\n{step.commands}"
        machine.run(commands, seconds=1200, transcript=transcript)
        if "avatarsite restart" in step.commands:
            assert not earlier & runs_of_units(machine), "a unit still runs with what it read before"


def runs_of_units(machine: Machine) -> set[str]:
    """Return the name of each unit of the site with systemd's id of its present run."""
    shown = machine.run("systemctl show --property=Id,InvocationID 'avatarsite-*.service'")
    found = set(shown.strip().split("\n\n"))
    assert len(found) == 7, shown
    return found


def read_entrances(machine: Machine) -> list[str]:
    """Return commands that print 42 if PostgreSQL and Redis let in who has the site's present secrets."""
    values = parse_env_file((machine.root / "etc/avatarsite/env").read_text("utf-8")).values
    redis_password = urlsplit(values["REDIS_URL"]).password
    return [f"psql '{values['DATABASE_URL']}' -Atc 'SELECT 42'", f"REDISCLI_AUTH={redis_password} redis-cli ECHO 42"]


def are_open(machine: Machine, entrances: list[str]) -> list[bool]:
    return ["42" in machine.run(f"{command} 2>&1 || true").split() for command in entrances]


def change_secrets(machine: Machine, world: World, transcript: Path) -> None:
    """Run the page. The servers then restart, since a connection outlives the secret that opened it."""
    old = read_entrances(machine)
    assert are_open(machine, old) == [True, True]
    run_page(machine, world, "secrets.md", transcript)
    machine.run("systemctl restart postgresql redis-server")
    assert are_open(machine, old) == [False, False]
    assert are_open(machine, read_entrances(machine)) == [True, True]


def write(transcript: Path, text: str) -> None:
    with transcript.open("a") as log:
        log.write(text)


def around(machine: Machine, world: World, step: Step) -> None:
    """Do what the text around a block says in words."""
    if "deployer-key" in step.commands:
        (machine.root / "etc/avatarsite/deployer-key").write_text(world.values["DEPLOYER_KEY"] + "\n")
    if "prepare_bucket" in step.commands:  # browsers do not reach this store
        machine.run("echo AVATAR_DIRECT_UPLOAD=0 >> /etc/avatarsite/env")
    if "systemctl restart nginx" in step.commands:
        return
    if "check_deploy" in step.commands:  # a certificate that is trusted, as after replacing it
        machine.run("cp /etc/avatarsite/tls/fullchain.pem /usr/local/share/ca-certificates/site.crt")
        machine.run("update-ca-certificates")


def read_alike_by_systemd(machine: Machine) -> None:
    """Let the real systemd read the values that are hardest, and the site's own file."""
    (machine.root / "root/tricky").write_text(written(TRICKY), encoding="utf-8")
    for file in ("/root/tricky", "/etc/avatarsite/env"):
        lines = [
            "Type=oneshot",
            f"EnvironmentFile={file}",
            "ExecStart=/usr/bin/env -0",
            "StandardOutput=file:/root/read",
        ]
        service = "\n".join(["[Service]", *lines, ""])
        (machine.root / "etc/systemd/system/read.service").write_text(service)
        machine.run("rm -f /root/read; systemctl daemon-reload; systemctl start read")
        read = (machine.root / "root/read").read_text("utf-8").split("\0")
        found = dict(line.split("=", 1) for line in read if line)
        wanted = parse_env_file((machine.root / file.lstrip("/")).read_text("utf-8")).values
        assert {name: found[name] for name in wanted} == wanted
