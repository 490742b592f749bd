"""What our members' pictures do."""

from django.urls import reverse

from nft.testing.wallets import Wallet


def shown(browser):
    """Return what everybody can read about the picture of who is signed in."""
    address = reverse("profiles:avatar_json", args=[browser.profile.handle])
    return browser.client.get(address).json()


def test_an_upload_is_shown(wallet_client, avatar_store, avatar_picture):
    wallet_client.upload(avatar_picture)
    assert shown(wallet_client)["source"] == "upload"
    assert avatar_store.object_keys()


def test_the_mark_goes_when_the_token_moves(wallet_client, wallet, chain, avatar_store, avatar_jobs, avatar_picture):
    token = chain.mint(wallet, avatar_picture)
    wallet_client.claim(token.reference)
    avatar_jobs.run()
    assert shown(wallet_client)["mark"] is True
    token.move(Wallet.create())
    avatar_jobs.later(minutes=20)
    assert shown(wallet_client)["mark"] is False


def test_a_contract_account_signs_in_and_shows_its_token(
    wallet_browser, contract_wallet, chain, avatar_store, avatar_jobs, avatar_picture
):
    assert wallet_browser.sign_in(contract_wallet).status_code == 200
    wallet_browser.claim(chain.mint(contract_wallet, avatar_picture).reference)
    avatar_jobs.run()
    assert shown(wallet_browser)["mark"] is True


def test_a_lie_of_ipfs_is_not_shown(wallet_client, wallet, chain, ipfs, avatar_store, avatar_jobs, avatar_picture):
    uri = ipfs.publish(avatar_picture)
    ipfs.lie(ipfs.image_of(uri))
    wallet_client.claim(chain.mint(wallet, uri=uri).reference)
    avatar_jobs.run()
    assert shown(wallet_client)["source"] is None
    ipfs.tell_the_truth()
    avatar_jobs.later(hours=1)
    assert shown(wallet_client)["mark"] is True


def test_an_outage_takes_nothing_away(wallet_client, wallet, chain, avatar_store, avatar_jobs, avatar_picture):
    wallet_client.claim(chain.mint(wallet, avatar_picture).reference)
    avatar_jobs.run()
    chain.goes_silent()
    avatar_jobs.later(minutes=20)
    assert shown(wallet_client)["mark"] is True


def test_a_picture_is_kept_on_s3(avatar_client, avatar_s3, avatar_api, avatar_picture):
    assert avatar_api.put(avatar_picture).status_code == 200
    assert avatar_s3.object_keys()
