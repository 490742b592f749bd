"""nginx that ends TLS, with the lines that the head of deploy/nginx.conf tells operators to write."""

from __future__ import annotations

import socket
import ssl
import subprocess
import warnings
from pathlib import Path
from ssl import TLSVersion

import pytest
import requests

from localstack.processes import Program, Running, free_port, is_listening
from tests.servers.nginx import SHIPPED, around
from tests.servers.places import Places


def test_old_versions_of_tls_are_refused(places: Places) -> None:
    folder = places.folder / "nginx-tls"
    folder.mkdir()
    subject = ["-subj", "/CN=avatars.example", "-addext", "subjectAltName=DNS:avatars.example"]
    made = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *made], check=True)
    (folder / "privkey.pem").chmod(0o644)
    secure, plain = free_port(), free_port()
    nginx = start_with_tls(folder, secure, plain)
    try:
        for version, name in ((TLSVersion.TLSv1_2, "TLSv1.2"), (TLSVersion.TLSv1_3, "TLSv1.3")):
            assert tls_version(secure, version) == name
        for version in (TLSVersion.TLSv1, TLSVersion.TLSv1_1):
            with pytest.raises((ssl.SSLError, OSError)):
                tls_version(secure, version)
        with pytest.raises(ssl.SSLError):
            tls_version(secure, TLSVersion.TLSv1_3, "other.example")
        answer = requests.get(f"http://127.0.0.1:{plain}/u/alice/?a=b", allow_redirects=False, timeout=10)
        assert (answer.status_code, answer.headers["Location"]) == (301, "https://avatars.example/u/alice/?a=b")
        assert "Strict-Transport-Security" not in answer.headers
    finally:
        nginx.stop(5)


def start_with_tls(folder: Path, secure: int, plain: int) -> Running:
    text = SHIPPED.read_text("utf-8")
    head = "\n".join(line[5:] for line in text.splitlines() if line.startswith("#     "))
    certificate, redirects = head.split("server {", 1)
    text = text.replace("    listen 80;", certificate, 1) + "server {" + redirects
    changes = {
        "/etc/letsencrypt/live/avatars.example": str(folder),
        "/var/cache/nginx/avatarsite levels": f"{folder}/cache levels",
        "/var/log/nginx/avatarsite": f"{folder}/log",
        "listen 443 ": f"listen 127.0.0.1:{secure} ",
        "listen 80 ": f"listen 127.0.0.1:{plain} ",
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    config = folder / "nginx.conf"
    config.write_text(around(text, folder), "utf-8")
    command = ["/usr/sbin/nginx", "-e", str(folder / "nginx-error.log"), "-c", str(config)]
    running = Running(Program("nginx", command, folder / "nginx.log"))
    running.wait_until(lambda: is_listening(secure), 30)
    return running


def tls_version(port: int, version: TLSVersion, name: str = "avatars.example") -> str | None:
    """Return the version that a client gets who offers this one only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the versions that must be refused
        context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", port), 5)
    with context.wrap_socket(plain, server_hostname=name) as secured:
        return secured.version()
