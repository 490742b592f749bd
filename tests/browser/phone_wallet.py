"""A phone wallet built with WalletConnect's own libraries: it scans QR codes from the screen and signs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from eth_account.signers.local import LocalAccount
from PIL import Image

from localstack import binaries

SOURCE = Path(__file__).parent / "walletkit"
LOG = "phone-wallet.log"
PATIENCE = 30.0


@dataclass
class PhoneWallet:
    """A running wallet. `seen` has its events, oldest first."""

    accounts: list[LocalAccount]
    folder: Path
    process: subprocess.Popen[str]
    seen: list[dict[str, Any]] = field(default_factory=list)
    listener: Thread = field(default_factory=Thread)

    @classmethod
    def start(cls, relay_url: str, node_url: str, accounts: list[LocalAccount], folder: Path) -> PhoneWallet:
        assert (SOURCE / "node_modules").is_dir(), "Install it: python3 -m localstack.bootstrap test"
        keys = ["0x" + account.key.hex().removeprefix("0x") for account in accounts]
        with (folder / LOG).open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [binaries.node(), "wallet.mjs", relay_url, node_url, "31337", *keys],
                cwd=SOURCE,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {"IS_VITEST": "true"},  # the library then contacts none of its vendor's servers
            )
        wallet = cls(accounts, folder, process)
        wallet.listener = Thread(target=wallet._listen, daemon=True)
        wallet.listener.start()
        wallet.wait_for(saw="ready")
        return wallet

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.seen.append(json.loads(line))

    def order(self, **order: Any) -> None:
        """Send one command, such as `refuses=True`, and wait until it is done."""
        [name] = order
        before = self.count(did=name)
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.wait_for(before + 1, did=name)

    def scan(self, screen: bytes) -> None:
        """Scan the QR code in a screenshot (PNG)."""
        image = Image.open(io.BytesIO(screen)).convert("RGBA")
        pixels = self.folder / "screen.rgba"
        pixels.write_bytes(image.tobytes())
        self.order(scan=[str(pixels), *image.size])

    def count(self, **event: str) -> int:
        return sum(event.items() <= seen.items() for seen in self.seen)

    def wait_for(self, times: int = 1, **event: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.count(**event) < times:
            log = (self.folder / LOG).read_text(encoding="utf-8")
            assert self.process.poll() is None, f"The wallet ended: {log}"
            assert time.monotonic() < deadline, f"The wallet saw no {event}, but {self.seen}. {log}"
            time.sleep(0.05)

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.listener.join(5)
        if self.process.stdout:
            self.process.stdout.close()
