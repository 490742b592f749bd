"""What a program does with the client that openapi-python-client made of our document.

Run as: python story.py <folder of the client> <site> <token> <picture> <node> <receiver>. Prints what it found as JSON.
"""

import json
import sys
import time
from pathlib import Path
from uuid import uuid4

FOLDER, SITE, TOKEN, PICTURE, NODE, RECEIVER = sys.argv[1:]
sys.path.insert(0, FOLDER)

# upload
from avatar_client import AuthenticatedClient
from avatar_client.api.pictures import put_picture
from avatar_client.types import File

client = AuthenticatedClient(SITE, TOKEN)
with Path(PICTURE).open("rb") as file:
    picture = put_picture.sync(
        client=client, body=File(file), alt_text="My face", crop="0.5,0.25,0.6", idempotency_key=str(uuid4())
    )
# end

import httpx
from avatar_client.api.claims import get_claim
from avatar_client.api.mints import create_mint, get_mint, get_mint_offer, publish_mint
from avatar_client.api.pictures import (
    crop_picture,
    get_picture,
    list_pictures,
    remove_picture,
    restore_picture,
)
from avatar_client.api.transfers import get_transfer, record_transfer, start_transfer
from avatar_client.api.webhooks import (
    change_webhook,
    create_webhook,
    delete_webhook,
    list_deliveries,
    list_webhooks,
    send_test_event,
)
from avatar_client.api.your_data import download_export, get_export, start_export
from avatar_client.models import (
    ChangeWebhookBody,
    CreateMintBody,
    CreateMintBodyPays,
    CreateWebhookBody,
    CreateWebhookBodyEventsItem,
    CropPictureBody,
    Problem,
    PublishMintBody,
    RecordTransferBody,
    StartTransferBody,
)

found: dict[str, object] = {"uploaded": picture.alt_text, "is_current": picture.is_current}

cropped = crop_picture.sync(picture.id, client=client, body=CropPictureBody(x=0.5, y=0.5, size=0.5))
first = list_pictures.sync(client=client, limit=1)
second = list_pictures.sync(client=client, limit=1, after=first.next_)
found["history"] = [entry.id == known.id for entry, known in zip(first.pictures + second.pictures, (cropped, picture))]
remove_picture.sync(cropped.id, client=client)
found["restored"] = restore_picture.sync(cropped.id, client=client).state
found["refusal"] = put_picture.sync(client=client, body=File(Path(__file__).open("rb"))).type_


def until(look):
    """Ask again until nothing more happens by itself."""
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        answer = look()
        if getattr(answer, "done", None) or getattr(answer, "state", None) == "ready":
            return answer
        time.sleep(0.2)
    raise TimeoutError(answer)


found["free"] = get_mint_offer.sync(client=client).left > 0
with Path(PICTURE).open("rb") as file:
    draft = create_mint.sync(
        client=client,
        body=CreateMintBody(image=File(file, "me.png", "image/png"), name="Dawn", pays=CreateMintBodyPays.SITE),
        idempotency_key=str(uuid4()),
    )
publish_mint.sync(draft.id, client=client, body=PublishMintBody(use=True))
mint = until(lambda: get_mint.sync(draft.id, client=client))
found |= {"mint": mint.state, "token_id": mint.token_id, "tx": bool(mint.tx_hash)}
claim = until(lambda: get_claim.sync(mint.claim_id, client=client))
found |= {"claim": claim.state, "name": claim.name}
found["shown"] = get_picture.sync(client=client).source

sending = start_transfer.sync(claim.id, client=client, body=StartTransferBody(to=RECEIVER))
transaction = {name: sending.transaction.to_dict()[name] for name in ("from", "to", "data", "value", "gas")}
asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [transaction]}
tx_hash = httpx.post(NODE, json=asked).json()["result"]
record_transfer.sync(claim.id, client=client, body=RecordTransferBody(tx_hash=tx_hash))
found["transfer"] = until(lambda: get_transfer.sync(claim.id, client=client)).stage

start_export.sync(client=client, idempotency_key=str(uuid4()))
until(lambda: get_export.sync(client=client))
found["export"] = download_export.sync_detailed(client=client).content[:2].decode()

fresh = create_webhook.sync(
    client=client,
    body=CreateWebhookBody(url="https://hooks.invalid/a", events=[CreateWebhookBodyEventsItem.AVATAR_CHANGED]),
)
hook = fresh.webhook.id
change_webhook.sync(hook, client=client, body=ChangeWebhookBody(url="https://hooks.invalid/b"))
send_test_event.sync(hook, client=client)
[listed] = list_webhooks.sync(client=client).webhooks
found["webhook"] = [fresh.secret[:6], listed.url, list_deliveries.sync(hook, client=client).deliveries[0].type_]
delete_webhook.sync(hook, client=client)

assert isinstance(get_mint.sync(picture.id, client=client), Problem)
print(json.dumps(found, default=str))
