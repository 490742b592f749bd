"""System checks: settings and libraries that must be right before the site starts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from nft.core.errors import CoreError
from nft.core.evm.address import to_checksum
from nft.core.evm.siwe import SignInRequest, build_sign_in_text, check_read_back
from nft.settings import conf, is_local_stack, setting_errors
from nft.settings.chains import chains, default_chain_id
from profiles import settings as profiles_settings

# https://eips.ethereum.org/EIPS/eip-2098, the first test case
_TEXT = "Hello World"
_SIGNATURE = bytes.fromhex(
    "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
    "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064"
)
_SIGNER = bytes.fromhex("2e988a386a799f506693793c6a5af6b54dfaabfb")

# The accounts of the phrase "test test … junk", which every local chain unlocks and every thief watches.
KNOWN_TO_ALL = {
    "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
    "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
    "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
    "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
    "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
    "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
    "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
}


@register()
def check_recovery(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that the native secp256k1 library recovers a known signer. A wrong one would let the wrong people in."""
    try:
        from nft.core.evm.signatures import recover_address

        is_right = recover_address(_TEXT, _SIGNATURE) == _SIGNER
    except Exception as error:  # noqa: BLE001  # whatever a broken library raises
        return [_library_error(f"Signatures can't be checked: {error}")]
    return [] if is_right else [_library_error("A known signature was recovered to another address than its signer's.")]


@register()
def check_settings(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check each NFT_ setting by itself. The other checks have nothing to say while one of them is wrong."""
    return [Error(sentence, hint="docs/operate/settings.md", id="nft.E004") for sentence in _setting_errors()]


@register()
def check_default_chain(app_configs: object, **_: object) -> list[CheckMessage]:
    if are_settings_wrong() or default_chain_id() in chains():
        return []
    hint = f"Configured: {', '.join(map(str, chains())) or 'none'}. Or set NFT_ENABLED=0."
    return [Error(f"NFT_DEFAULT_CHAIN_ID={default_chain_id()} is not one of NFT_CHAINS.", hint=hint, id="nft.E005")]


@register()
def check_ages(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that tokens and sessions are checked again before the last check counts no longer."""
    if are_settings_wrong():
        return []
    found: list[CheckMessage] = []
    sweep, mark, image = (
        timedelta(seconds=conf().sweep_period),
        profiles_settings.current().mark_max_age,
        profiles_settings.current().image_max_age,
    )
    if not sweep < mark <= image:
        ages = ", ".join(str(int(age.total_seconds())) for age in (sweep, mark, image))
        text = f"NFT_SWEEP_PERIOD < AVATAR_MARK_MAX_AGE <= AVATAR_IMAGE_MAX_AGE does not hold: {ages} s."
        found.append(Error(text, hint="Otherwise every mark would come and go.", id="nft.E007"))
    recheck, unchecked = conf().session_recheck, conf().session_unchecked_max
    if not recheck < unchecked:
        text = f"NFT_SESSION_RECHECK < NFT_SESSION_UNCHECKED_MAX does not hold: {recheck}, {unchecked} s."
        hint = "Otherwise every session of a contract account would end before its contract is called."
        found.append(Error(text, hint=hint, id="nft.E008"))
    return found


@register()
def check_gateways(app_configs: object, **_: object) -> list[CheckMessage]:
    if are_settings_wrong() or is_local_stack() or len(conf().ipfs_gateways) >= 2:
        return []
    hint = "Name at least two trustless gateways, so that one outage does not stop new pictures."
    return [Warning(f"NFT_IPFS_GATEWAYS names {len(conf().ipfs_gateways)} gateway(s).", hint=hint, id="nft.W001")]


@register()
def check_origin(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that sign-in texts can name the site: a wallet warns of a text for another one (EIP-4361)."""
    if profiles_settings.setting_errors() or profiles_settings.current().site_origin:
        return []
    hint = "Set SITE_ORIGIN to scheme://host[:port]."
    return [Error("SITE_ORIGIN is not set, so nobody can sign in by wallet.", hint=hint, id="nft.E006")]


@register(deploy=True)
def check_sign_in_text(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that an independent library reads what we mean out of the text that people sign on this site."""
    if are_settings_wrong():
        return []
    origin, now = urlsplit(profiles_settings.current().site_origin), datetime.now(UTC)
    if not origin.netloc:
        return []
    request = SignInRequest(
        scheme=origin.scheme,
        domain=origin.netloc,
        uri=profiles_settings.current().site_origin,
        address=_SIGNER,
        chain_id=default_chain_id(),
        nonce="0" * 32,
        issued_at=now,
        expires_at=now + timedelta(minutes=5),
        request_id="0" * 16,
        statement=conf().sign_in_statement,
    )
    try:
        check_read_back(request, build_sign_in_text(request))
    except CoreError as error:
        hint = "Look at SITE_ORIGIN, SITE_NAME and the library `signinwithethereum`."
        return [Error(f"Nobody can sign in by wallet: {error}", hint=hint, id="nft.E009")]
    return []


@register()
def check_sponsoring(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that the account which pays for people's tokens has a key of its own, and one way of signing."""
    if are_settings_wrong():
        return []
    if conf().sponsor_signer and conf().sponsor_keys and not is_local_stack():
        return [_sponsor_error("Both NFT_SPONSOR_KEY and NFT_SPONSOR_SIGNER are set.", "Keep the one that signs.")]
    return [message for chain_id in conf().sponsor_chains for message in _check_sponsored_chain(chain_id)]


def _check_sponsored_chain(chain_id: int) -> list[CheckMessage]:
    chain = chains().get(chain_id)
    if chain is None:
        return [_sponsor_error(f"NFT_SPONSOR_CHAINS names chain {chain_id}.", "Name chains of NFT_CHAINS only.")]
    found: list[CheckMessage] = []
    if chain.avatar_contract is None and not is_local_stack():
        found.append(
            Warning(
                f"NFT_SPONSOR_CHAINS includes chain {chain_id}, which has no contract of ours.",
                hint="Give the chain an avatar_contract in NFT_CHAINS; manage.py deploy_contract makes one.",
                id="nft.W002",
            )
        )
    return found if conf().sponsor_signer else [*found, *_check_key(chain_id)]


def _check_key(chain_id: int) -> list[CheckMessage]:
    if find_spec("eth_account") is None or find_spec("rlp") is None:
        return [_sponsor_error("NFT_SPONSOR_CHAINS needs eth_account and rlp.", "pip install 'avatarsite[mint]'")]
    from nft.clients.evm.signers import KeySigner  # loads the library of signatures, only where the site pays

    key = conf().sponsor_keys.get(chain_id)
    if not key:
        hint = "Set NFT_SPONSOR_KEY_FILE or NFT_SPONSOR_SIGNER, or take the chain off NFT_SPONSOR_CHAINS."
        return [_sponsor_error(f"Nothing signs for the site on chain {chain_id}.", hint)]
    try:
        address = to_checksum(KeySigner(key).address)
    except ValueError:
        return [_sponsor_error(f"NFT_SPONSOR_KEY is no private key for chain {chain_id}.", "64 hexadecimal digits.")]
    if address in KNOWN_TO_ALL and not is_local_stack():
        hint = "Its money is gone within seconds. Make a key that nobody else has."
        return [_sponsor_error(f"The key that pays on chain {chain_id} is one that everybody knows.", hint)]
    return []


@register()
def check_dotted_paths(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check what settings name by a dotted path: otherwise it would be missed at its first use."""
    if are_settings_wrong():
        return []
    found: list[CheckMessage] = []
    for setting, path, kind in [
        *(
            ("NFT_INDEXERS", indexer.adapter, "a class such as nft.clients.indexers.Alchemy")
            for indexer in conf().indexers
        ),
        ("NFT_LOGIN", conf().login, "a function of request, user and URL"),
        ("NFT_OTHER_LOGIN_METHODS", conf().other_login_methods, "a function of a user"),
        ("NFT_SPONSOR_SIGNER", conf().sponsor_signer, "a class of a chain id that signs"),
    ]:
        try:
            text = "" if not path or callable(import_string(path)) else f"{setting} names what can't be called."
        except ImportError as error:
            text = f"{setting} names what can't be imported: {error}"
        if text:
            found.append(Error(text, hint=f"It is the dotted path of {kind}.", id="nft.E003"))
    return found


def _setting_errors() -> list[str]:
    try:
        chains()
    except ImproperlyConfigured as error:
        return [str(error), *setting_errors()]
    return setting_errors()


def are_settings_wrong() -> bool:
    """Return whether a setting is wrong by itself, of those of `profiles` too. `check_settings` names it."""
    return bool(_setting_errors() or profiles_settings.setting_errors())


def _sponsor_error(message: str, hint: str) -> CheckMessage:
    return Error(message, hint=hint, id="nft.E002")


def _library_error(message: str) -> CheckMessage:
    return Error(message, hint="Reinstall coincurve for this platform.", id="nft.E001")
