"""Chains, wallets and IPFS. `nft.settings` says what each setting means."""

from __future__ import annotations

from avatarsite.settings import chains, env, services, sponsoring, wallet_connect
from avatarsite.settings.site import DATA_DIR, LOCAL_STACK, NFT_ENABLED, SITE_NAME

NFT_CHAINS = chains.read_chains(DATA_DIR if LOCAL_STACK else None) if NFT_ENABLED else {}
NFT_DEFAULT_CHAIN_ID = env.integer("NFT_DEFAULT_CHAIN_ID", next(iter(NFT_CHAINS), 1), low=1)
NFT_COLLECTION_POLICY = env.choice("NFT_COLLECTION_POLICY", "any", ["any", "trusted", "listed"])
NFT_INDEXERS = services.read_indexers() if NFT_ENABLED else []
NFT_IPFS_GATEWAYS = env.words("NFT_IPFS_GATEWAYS", [])
NFT_IPFS_RACE_DELAY_MS = env.integer("NFT_IPFS_RACE_DELAY_MS", 1000, high=60_000)
NFT_REHASH_DAYS = env.integer("NFT_REHASH_DAYS", 7, low=1, high=3650)
NFT_SWEEP_PERIOD = env.integer("NFT_SWEEP_PERIOD", 15 if LOCAL_STACK else 900, low=1)
NFT_WATCH_PERIOD = env.integer("NFT_WATCH_PERIOD", 2 if LOCAL_STACK else 12, low=1)
NFT_PROOF_SAMPLE = env.integer("NFT_PROOF_SAMPLE", 240, high=1_000_000)
NFT_ENS_GATEWAYS = env.flag("NFT_ENS_GATEWAYS", default=True)
NFT_CHAIN_REQUESTS_PER_MINUTE = env.integer("NFT_CHAIN_REQUESTS_PER_MINUTE", 600, low=60)
NFT_SIGN_IN_STATEMENT = f"Sign in to {SITE_NAME}. This costs nothing and sends no transaction."
NFT_SIGN_UP = env.flag("NFT_SIGN_UP", default=True)
NFT_LOGIN = "users.wallet_login.log_in"
NFT_OTHER_LOGIN_METHODS = "users.login_methods.has_passkey"
NFT_COSIGN_SECONDS = env.integer("NFT_COSIGN_SECONDS", 86_400, low=300, high=86_400)
NFT_SESSION_RECHECK = env.integer("NFT_SESSION_RECHECK", 86_400, low=1)
NFT_SESSION_UNCHECKED_MAX = env.integer("NFT_SESSION_UNCHECKED_MAX", 7 * 86_400, low=1)
NFT_HTTP_ALLOWED_PRIVATE = env.words("NFT_HTTP_ALLOWED_PRIVATE", [])
NFT_HTTP_DENIED = env.words("NFT_HTTP_DENIED", [])
NFT_HTTP_ALLOW_PLAIN = env.flag("NFT_HTTP_ALLOW_PLAIN")
WALLETCONNECT = wallet_connect.read() if NFT_ENABLED else None
if WALLETCONNECT:
    NFT_WALLETCONNECT_PROJECT_ID = WALLETCONNECT["project_id"]
    NFT_WALLETCONNECT_RELAY_URL = WALLETCONNECT["relay_url"]
NFT_WALLETCONNECT_ICON = "img/icon.svg"
NFT_HTTP_SECONDS_PER_HOST = env.integer("NFT_HTTP_SECONDS_PER_HOST", 1, high=3600)
NFT_HTTP_PER_MINUTE = env.integer("NFT_HTTP_PER_MINUTE", 3000, low=1)
NFT_WEBHOOK_LOCAL = LOCAL_STACK
NFT_PINNERS = services.read_pinners() if NFT_ENABLED else []
NFT_SPONSOR_CHAINS = sponsoring.read_chains(is_local=LOCAL_STACK)
NFT_SPONSOR_KEYS = sponsoring.read_keys(NFT_SPONSOR_CHAINS, is_local=LOCAL_STACK)
NFT_SPONSOR_SIGNER = env.text("NFT_SPONSOR_SIGNER", "")
NFT_SPONSOR_PER_DAY = env.integer("NFT_SPONSOR_PER_DAY", 3, low=1)
NFT_SPONSOR_PER_PERSON = env.integer("NFT_SPONSOR_PER_PERSON", 20, low=1)
NFT_SPONSOR_BUDGET = sponsoring.read_budget()
NFT_SPONSOR_MAX_FEE = env.integer("NFT_SPONSOR_MAX_FEE_GWEI", 100, low=1, high=100_000) * sponsoring.GWEI
NFT_ARWEAVE_GATEWAY = env.text("NFT_ARWEAVE_GATEWAY", "https://arweave.net")
