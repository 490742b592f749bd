"""The image's steps lead to programs that run as its user on a read-only root, and Compose reads compose.yaml.

Containerfile and compose.yaml are read as they are. No container engine is needed: stages are layers over a bare
Debian.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.db import connection

from localstack.binaries import ROOT
from localstack.processes import Program, Running, is_listening
from tests.kit.containerfile import Build, Stage, copy_context, read_stages
from tests.servers.debian import PLAIN, Layer, bare_root, check_programs, new_folder, way_out
from tests.servers.places import Places
from tests.site.test_env_file import TRICKY, written

CONTAINERFILE = ROOT / "deploy" / "Containerfile"
COMPOSE = ROOT / "deploy" / "compose.yaml"


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return found


def test_the_last_stage_is_the_site_and_no_stage_ends_as_root() -> None:
    stages = {steps[0][1].split()[-1]: dict(steps) for steps in read_stages(CONTAINERFILE.read_text("utf-8"))}
    assert list(stages)[-1] == "site"
    assert all(stages[name]["USER"].partition(":")[0] not in {"", "0", "root"} for name in ("site", "front", "chain"))


def test_every_container_has_limits_and_ours_are_hardened() -> None:
    for name, service in services().items():
        assert service["mem_limit"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        if "build" in service:
            assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
            assert "healthcheck" in service, name


def test_compose_asks_web_processes_as_the_image_does() -> None:
    """podman and buildah leave HEALTHCHECK out of an image by default, and `front` waits for healthy web processes."""
    site = dict(read_stages(CONTAINERFILE.read_text("utf-8"))[-1])
    options, _, command = site["HEALTHCHECK"].partition(" CMD ")
    wanted = {name.replace("-", "_"): value for name, value in re.findall(r"--([a-z-]+)=(\S+)", options)}
    for name in ("web1", "web2"):
        assert services()[name]["healthcheck"] == {"test": ["CMD", *json.loads(command)]} | wanted


def test_compose_starts_every_kind_of_worker_and_takes_secrets_from_files() -> None:
    from avatarsite.queues import QUEUES, WORKERS

    commands = [service.get("command", []) for service in services().values()]
    kinds = [command[-1] for command in commands if "avatarsite.worker" in command]
    assert {queue for kind in kinds for queue in WORKERS[kind].queues} == set(QUEUES)
    text = COMPOSE.read_text("utf-8") + (ROOT / "deploy" / "env.compose").read_text("utf-8")
    assert not re.search(r"(PASSWORD|SECRET_KEY|SECRET_ACCESS_KEY|SIGNING_KEY)\s*[:=]\s*[^\s/]", text)


@pytest.fixture(scope="module")
def built() -> Iterator[Build]:
    check_programs()
    folder = new_folder()
    copy_context(ROOT, folder / "context")
    build = Build(folder / "context", folder / "stages", bare_root("trixie"))
    try:
        build.build(CONTAINERFILE.read_text("utf-8"), ["python", "build", "front", "site"])
        yield build
    finally:
        build.remove()
        shutil.rmtree(folder, ignore_errors=True)


def start(stage: Stage, name: str, command: list[str], environment: dict[str, str], places: Places) -> Running:
    """Start a command as the engine would: the image's user, no capabilities, a read-only root and two tmpfs.

    Like an engine, give its output to that user, who else could not open /dev/stdout.
    """
    root = stage.layer.root
    uid, gid = stage.user.split(":")
    places.log(name).parent.mkdir(exist_ok=True)
    places.log(name).touch()
    os.chown(places.log(name), int(uid), int(gid))
    mounts = [
        f"mount --bind {root} {root}; mount -o remount,bind,ro {root}",
        f"mount -t proc proc {root}/proc; mount --rbind /dev {root}/dev",
        f"mount -t tmpfs -o size=256m,mode=1777 tmpfs {root / 'tmp'}",
        f"mkdir -p {root}{places.folder}; mount --bind {places.folder} {root}{places.folder}",
    ]
    data = root / "var/lib/avatarsite"
    if data.exists():
        mounts.append(f"mount -t tmpfs -o uid={uid},gid={gid} tmpfs {data}")
    drop = f"--reuid {uid} --regid {gid} --clear-groups --no-new-privs --bounding-set=-all"
    inside = f'exec chroot {root} setpriv {drop} env "$@"'
    setup = "; ".join([*mounts, inside])
    given = [f"{name}={value}" for name, value in (stage.environment | environment).items()]
    whole = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-e", "-c", setup, "sh"]
    in_folder = ["sh", "-c", f'cd {stage.folder}; exec "$@"', "sh"]
    return Running(Program(name, [*whole, *given, *in_folder, *command], places.log(name), PLAIN))


def finish(running: Running, seconds: float = 120) -> int:
    code = running.process.wait(seconds)
    running.kill()
    return int(code)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_image_runs_on_a_read_only_root(built: Build, places: Places, redis_server: Any) -> None:
    image = built.stages["site"]
    places.postgres.chmod(0o711)  # so that the image's user reaches the sockets
    places.redis_socket.chmod(0o777)
    environment = {
        "SITE_ORIGIN": "http://localhost:8001",
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": f"postgresql://app@/{connection.settings_dict['NAME']}?host={places.postgres}",
        "REDIS_URL": redis_server.url,
        "NFT_CHAINS": json.dumps({"1": {"name": "Nowhere", "rpc_urls": ["http://127.0.0.1:1"]}}),
    }
    once = {
        "migrate": services()["migrate"]["command"],
        "write": ["sh", "-c", "! touch /srv/avatarsite/app/x && ! touch /x && touch /tmp/x /var/lib/avatarsite/x"],
        "identity": [
            "sh",
            "-c",
            '[ "$(id -u)" = 10001 ] && ! command -v pip && [ -s /srv/avatarsite/static/staticfiles.json ]',
        ],
    }
    for name, command in once.items():
        running = start(image, name, command, environment, places)
        assert finish(running) == 0, running.exit_report()
    assert is_listening(8001) is False, "the image's port is in use here"
    lasting = {
        name: start(image, name, service.get("command", image.command), environment, places)
        for name, service in services().items()
        if name in {"web1", "worker-chain", "worker-default", "beat"}
    }
    try:
        lasting["web1"].wait_until(lambda: is_listening(8001), 90)
        assert finish(start(image, "health", image.health, environment, places)) == 0
        wanted = {"worker-chain": "ready.", "worker-default": "ready.", "beat": "maxinterval -> "}
        for name, text in wanted.items():
            lasting[name].wait_until(lambda text=text, name=name: text in places.log(name).read_text("utf-8"), 120)  # type: ignore[misc]
    finally:
        for running in lasting.values():
            running.kill()
    assert finish(start(image, "unhealthy", image.health, environment, places)) == 1


@pytest.mark.long
def test_nginx_of_the_image_accepts_its_configuration(built: Build, places: Places) -> None:
    front = built.stages["front"]
    etc = front.layer.root / "etc" / "hosts"
    etc.write_text("127.0.0.1 localhost web1 web2\n")
    running = start(front, "front", ["sh", "-c", "mkdir -p /tmp/nginx && nginx -t"], {}, places)
    assert finish(running) == 0, running.exit_report()


@pytest.mark.long
def test_compose_reads_the_file_and_the_settings_as_we_do() -> None:
    check_programs()
    layer = Layer(new_folder() / "compose", [bare_root("trixie")])
    try:
        layer.copy_way_out()
        folder = layer.root / "root" / "deploy"
        shutil.copytree(ROOT / "deploy", folder, ignore=shutil.ignore_patterns("secrets"))
        (folder / "secrets").mkdir()
        for name in yaml.safe_load(COMPOSE.read_text("utf-8"))["secrets"]:
            (folder / "secrets" / name).write_text("x")
        (folder / "tricky").write_text(written(TRICKY), encoding="utf-8")
        (folder / "tricky.yaml").write_text("services: {one: {image: one, env_file: [tricky]}}\n")
        install = "apt-get update -qq && apt-get install -y --no-install-recommends docker-compose"
        chroot = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={layer.root}/proc", "chroot", str(layer.root)]

        def run(script: str) -> str:
            command = [*chroot, "sh", "-e", "-c", script]
            environment = PLAIN | way_out()
            done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=900)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
            return done.stdout

        run(install)
        site = json.loads(run("cd /root/deploy; docker-compose config --format json"))
        assert set(site["services"]) == set(services())
        tricky = json.loads(run("cd /root/deploy; docker-compose -f tricky.yaml config --format json"))
        read = {name: value.replace("$$", "$") for name, value in tricky["services"]["one"]["environment"].items()}
        assert read == TRICKY
    finally:
        layer.remove()
