"""The world around a machine that is set up from the guide: an S3 server, a chain, IPFS and mail, all on loopback.

    python -m tests.infra.outside

Runs in the machine's network namespace. Prints where everything is as one line of JSON, and ends with its input.
"""

from __future__ import annotations

import json
import sys

from tests.servers import places as test_places
from tests.servers.chain import start_chain
from tests.servers.helia_gateway import start_gateway
from tests.servers.s3 import Cluster
from tests.servers.smtp import MailServer, serve


def main() -> None:
    places = test_places.make()
    cluster = Cluster(places.folder / "s3")
    mails = MailServer()
    with serve(mails):
        store = cluster.start()
        chain = start_chain(places, places.chain_port, "--block-time", "2")
        gateway = start_gateway(places.folder / "ipfs", places.log("ipfs"))
        found = {
            "S3_ENDPOINT_URL": store.endpoint_url,
            "S3_ACCESS_KEY_ID": store.access_key,
            "S3_SECRET_ACCESS_KEY": store.secret_key,
            "EMAIL_PORT": str(mails.port),
            "RPC_URL": chain.url,
            "GATEWAY": gateway.url,
            "DEPLOYER_KEY": chain.keys[chain.accounts[5]],
        }
        print(json.dumps(found), flush=True)  # noqa: T201
        sys.stdin.read()
        print(json.dumps(mails.mails), flush=True)  # noqa: T201
        for running in (gateway.running, chain.running):
            running.kill()
        cluster.kill()
    places.remove()


if __name__ == "__main__":
    main()
