"""moto's S3 server as a program. It keeps everything in memory, and checks no signatures and no policies."""

from __future__ import annotations

from moto.server import ThreadedMotoServer

from profiles.testing.programs import serve_until_the_tests_end


def main() -> None:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    serve_until_the_tests_end(f"http://{host}:{port}")


if __name__ == "__main__":
    main()
