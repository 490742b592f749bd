"""Celery: the broker, which queue does which job, and when each job is due."""

from __future__ import annotations

from avatarsite.settings.nft import NFT_CHAINS, NFT_SESSION_RECHECK, NFT_SWEEP_PERIOD, NFT_WATCH_PERIOD
from avatarsite.settings.site import NFT_ENABLED
from avatarsite.settings.stores import REDIS_URL

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True  # the database is the truth (V4); nobody waits for a result
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "nft.tasks.verify_claim": {"queue": "chain"},
    "nft.tasks.sweep_claims": {"queue": "chain"},
    "nft.tasks.sweep_page": {"queue": "chain"},
    "nft.tasks.watch_chain": {"queue": "chain"},
    "nft.tasks.check_name": {"queue": "chain"},
    "nft.tasks.sweep_names": {"queue": "chain"},
    "nft.tasks.recheck_wallet_sessions": {"queue": "chain"},
    "nft.tasks.search_tokens": {"queue": "chain"},
    "nft.tasks.fetch_media": {"queue": "ipfs"},
    "nft.tasks.follow_mint": {"queue": "ipfs"},  # pinners and gateways first, then the chain
    "nft.tasks.sweep_mints": {"queue": "ipfs"},
    "nft.tasks.rehash_kept": {"queue": "ipfs"},
    "nft.tasks.look_at_picture": {"queue": "ipfs"},
    "nft.tasks.fetch_held_picture": {"queue": "ipfs"},
    "nft.tasks.sweep_copies": {"queue": "ipfs"},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# A sweep that found no worker for a minute is stale: the next one sees all it would have seen.
EXPIRES = {"options": {"expires": 60}}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    # Removed pictures can be brought back for 10 minutes and are gone from every store after 15.
    "purge-pictures": {"task": "avatarsite.tasks.purge_pictures", "schedule": 120, **EXPIRES},
    "forget-ended-sessions": {"task": "avatarsite.tasks.forget_ended_sessions", "schedule": 3600, **EXPIRES},
    "follow-losses": {"task": "avatarsite.tasks.follow_losses", "schedule": 60, **EXPIRES},
    "clean-pictures": {"task": "avatarsite.tasks.clean_pictures", "schedule": 300, **EXPIRES},
    "forget-old-sign-ins": {"task": "avatarsite.tasks.forget_old_sign_ins", "schedule": 86_400},
}
if NFT_ENABLED:
    CELERY_BEAT_SCHEDULE |= {
        "sweep-claims": {"task": "nft.tasks.sweep_claims", "schedule": min(NFT_SWEEP_PERIOD, 30), **EXPIRES},
        "sweep-mints": {"task": "nft.tasks.sweep_mints", "schedule": 10, **EXPIRES},
        "sweep-gallery": {"task": "nft.tasks.sweep_gallery", "schedule": 30, **EXPIRES},
        "sweep-copies": {"task": "nft.tasks.sweep_copies", "schedule": 60, **EXPIRES},
        "apply-policy": {"task": "nft.tasks.apply_policy", "schedule": 300, **EXPIRES},
        "sweep-names": {"task": "nft.tasks.sweep_names", "schedule": 300, **EXPIRES},
        "recheck-wallet-sessions": {
            "task": "nft.tasks.recheck_wallet_sessions",
            "schedule": min(NFT_SESSION_RECHECK, 600),
            **EXPIRES,
        },
        "keep-history": {"task": "nft.tasks.keep_history", "schedule": 300, **EXPIRES},
        "forget-old-challenges": {"task": "nft.tasks.forget_old_challenges", "schedule": 300},
        "rehash-kept": {"task": "nft.tasks.rehash_kept", "schedule": 60, **EXPIRES},
        "forget-unused-objects": {"task": "nft.tasks.forget_unused_objects", "schedule": 3600},
        "forget-unused-blocks": {"task": "nft.tasks.forget_unused_blocks", "schedule": 600},
    }
    CELERY_BEAT_SCHEDULE |= {
        f"watch-chain-{chain_id}": {
            "task": "nft.tasks.watch_chain",
            "args": [chain_id],
            "schedule": NFT_WATCH_PERIOD,
            "options": {"expires": NFT_WATCH_PERIOD},
        }
        for chain_id in NFT_CHAINS
    }
