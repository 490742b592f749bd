"""Addresses of everything about wallets, tokens and minting (design.md, URLs)."""

from __future__ import annotations

from django.urls import path

from nft.views import (
    claims,
    collections_page,
    ens_avatar,
    gallery,
    ipfs,
    mint_pictures,
    minting,
    proof_document,
    prove,
    published,
    sign_in,
    transfers,
    wallets,
)

app_name = "nft"
urlpatterns = [
    # Accounts
    path("accounts/wallet/challenge/", sign_in.challenge, name="challenge"),
    path("accounts/wallet/verify/", sign_in.verify, name="verify"),
    path("settings/wallets/", wallets.wallets, name="wallets"),
    path("settings/wallets/move/", wallets.wallet_move, name="wallet_move"),
    path("settings/wallets/<uuid:account_id>/primary/", wallets.wallet_primary, name="wallet_primary"),
    path("settings/wallets/<uuid:account_id>/", wallets.wallet_update, name="wallet_update"),
    path("settings/wallets/<uuid:account_id>/unlink/", wallets.wallet_unlink, name="wallet_unlink"),
    # Tokens
    path("settings/picture/nft/", claims.choose, name="choose"),
    path("settings/tokens/", claims.tokens, name="tokens"),
    path("settings/tokens/held/", gallery.held, name="held"),
    path("settings/tokens/held/search/", gallery.search, name="held_search"),
    path("settings/tokens/held/progress.json", gallery.progress, name="held_progress"),
    path("settings/tokens/held/pictures/", gallery.fetch_pictures, name="held_pictures"),
    path("settings/tokens/held/<uuid:held_id>/picture.webp", gallery.picture, name="held_picture"),
    path("settings/tokens/held/<uuid:held_id>/shelf/", gallery.shelf, name="held_shelf"),
    path("settings/tokens/claim/", claims.claim_create, name="claim_create"),
    path("settings/tokens/<uuid:claim_id>/", claims.claim_detail, name="claim_detail"),
    path("settings/tokens/<uuid:claim_id>/status.json", claims.claim_status, name="claim_status"),
    path("settings/tokens/<uuid:claim_id>/picture/look/", claims.new_picture_search, name="claim_new_picture_look"),
    path(
        "settings/tokens/<uuid:claim_id>/picture/status.json",
        claims.new_picture_status,
        name="claim_new_picture_status",
    ),
    path("settings/tokens/<uuid:claim_id>/picture/new.webp", claims.new_picture_image, name="claim_new_picture"),
    path("settings/tokens/<uuid:claim_id>/picture/use/", claims.new_picture_use, name="claim_new_picture_use"),
    path("settings/tokens/<uuid:claim_id>/picture/keep/", claims.new_picture_keep, name="claim_new_picture_keep"),
    path("settings/tokens/<uuid:claim_id>/check/", claims.claim_recheck, name="claim_recheck"),
    path("settings/tokens/<uuid:claim_id>/remove/", claims.claim_remove, name="claim_remove"),
    path("settings/tokens/<uuid:claim_id>/transfer/", transfers.transfer, name="transfer"),
    path("settings/tokens/<uuid:claim_id>/transfer/sent/", transfers.transfer_sent, name="transfer_sent"),
    path("settings/tokens/<uuid:claim_id>/transfer/status.json", transfers.transfer_status, name="transfer_status"),
    path("settings/tokens/<uuid:claim_id>/ens/", ens_avatar.ens_avatar, name="ens_avatar"),
    path("settings/tokens/<uuid:claim_id>/ens/sent/", ens_avatar.ens_avatar_sent, name="ens_avatar_sent"),
    path("settings/tokens/<uuid:claim_id>/ens/status.json", ens_avatar.ens_avatar_status, name="ens_avatar_status"),
    path("settings/tokens/received/<int:received_id>/use/", transfers.received_use, name="received_use"),
    path("settings/tokens/received/<int:received_id>/decline/", transfers.received_decline, name="received_decline"),
    # Minting
    path("mint/", minting.mint, name="mint"),
    path("mint/made/", minting.made, name="made"),
    path("mint/<uuid:mint_id>/", minting.mint_detail, name="mint_detail"),
    path("mint/<uuid:mint_id>/picture.webp", mint_pictures.mint_picture, name="mint_picture"),
    path("mint/<uuid:mint_id>/publish/", minting.mint_publish, name="mint_publish"),
    path("mint/<uuid:mint_id>/cancel/", minting.mint_cancel, name="mint_cancel"),
    path("mint/<uuid:mint_id>/status.json", minting.mint_status, name="mint_status"),
    path("mint/<uuid:mint_id>/sent/", minting.mint_sent, name="mint_sent"),
    path("mint/<uuid:mint_id>/use/", minting.mint_use, name="mint_use"),
    path("about/collections/", collections_page.collections, name="collections"),
    path("nft/<str:cid>/", published.published, name="published"),
    path("nft/<str:cid>/report/", published.report, name="published_report"),
    # What we hold for IPFS
    path("avatar/<str:identifier>/proof.json", proof_document.proof_document, name="proof_document"),
    path("prove/<str:identifier>/", prove.prove, name="prove"),
    path("ipfs/<str:cid>", ipfs.ipfs, name="ipfs"),
    path("ipfs/<str:cid>/<path:path>", ipfs.ipfs, name="ipfs_path"),
]
