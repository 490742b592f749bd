"""Sign in with a wallet: python wallet_sign_in.py <site> <private key> <chain id>. Prints where the site leads next."""

import sys

import requests
from eth_account import Account
from eth_account.messages import encode_defunct

site, key, chain_id = sys.argv[1:]

# wallet sign-in
account = Account.from_key(key)
browser = requests.Session()
browser.get(f"{site}/accounts/login/")  # sets the CSRF cookie


def post(path, content):
    cookie = next(cookie.value for cookie in browser.cookies if cookie.name.endswith("csrf"))
    answer = browser.post(site + path, json=content, headers={"X-CSRFToken": cookie, "Referer": site})
    if not answer.ok:
        raise SystemExit(answer.json()["detail"])
    return answer.json()


wanted = {"address": account.address, "chain_id": int(chain_id), "purpose": "sign_in"}
text = post("/accounts/wallet/challenge/", wanted)["text"]
signature = account.sign_message(encode_defunct(text=text)).signature.to_0x_hex()
done = post("/accounts/wallet/verify/", {"text": text, "signature": signature})
# end

print(done["redirect"])
