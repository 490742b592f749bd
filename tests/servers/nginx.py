"""nginx with the configuration we ship (deploy/nginx.conf). Its marked lines are adapted to this machine."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path

from localstack.binaries import ROOT
from localstack.processes import Program, Running, free_port, is_listening

SHIPPED = ROOT / "deploy" / "nginx.conf"
_AROUND = """\
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log; {user}
events {{ worker_connections 1024; }}
http {{
  include /etc/nginx/mime.types;
  set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  {site}
}}
"""


def around(site: str, folder: Path) -> str:
    """Return a complete nginx configuration that keeps all its files in `folder`."""
    return _AROUND.format(folder=folder, site=site, user=step_down() if os.geteuid() == 0 else "")


def step_down() -> str:
    nobody = pwd.getpwnam("nobody")
    return f"user {nobody.pw_name} {grp.getgrgid(nobody.pw_gid).gr_name};"


def shipped(folder: Path, *, listen: int, application: int, static: Path, other: int | None = None) -> str:
    """Return the configuration we ship, with our values in the lines that operators adapt.

    Without a port of an `other` web process, the line of the second one is left out.
    """
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in _operators(folder, listen, application, static, other).items():
        assert text.count(old) == 1, f"deploy/nginx.conf has no single {old!r}."
        text = text.replace(old, new)
    return text


def _operators(folder: Path, listen: int, application: int, static: Path, other: int | None) -> Mapping[str, str]:
    return {
        "server 127.0.0.1:8001 ": f"server 127.0.0.1:{application} ",
        "server 127.0.0.1:8002 ": "# no second one: " if other is None else f"server 127.0.0.1:{other} ",
        "/var/cache/nginx/avatarsite levels": f"{folder}/cache levels",
        "listen 80;": f"listen 127.0.0.1:{listen};",
        "server_name avatars.example;": "server_name 127.0.0.1 localhost;",
        "/var/log/nginx/avatarsite.log ": f"{folder}/access.log ",
        "/var/log/nginx/avatarsite-error.log crit;": f"{folder}/error.log crit;",
        "alias /srv/avatarsite/static/;": f"alias {static}/;",
    }


def start_nginx(
    folder: Path, application: int, static: Path, *, other: int | None = None, listen: int | None = None
) -> tuple[Running, int]:
    """Start nginx; return it and its port, which is `listen` if given.

    `folder` must be readable by others: the worker may be another user.
    """
    folder.mkdir()
    port, config = listen or free_port(), folder / "nginx.conf"
    site = shipped(folder, listen=port, application=application, static=static, other=other)
    config.write_text(around(site, folder), encoding="utf-8")
    command = [shutil.which("nginx") or "/usr/sbin/nginx", "-e", str(folder / "nginx-error.log"), "-c", str(config)]
    running = Running(Program("nginx", command, folder / "nginx.log"))
    running.wait_until(lambda: is_listening(port), 30)
    return running, port
