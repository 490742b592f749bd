"""Sign in with passkeys and recover forgotten passwords on our own pages."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from tests.browser.accessibility import frame_faults
from tests.browser.people import Person
from tests.browser.site import Site

pytestmark = pytest.mark.browser
VIRTUAL_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_then_signs_in_alone(meet: Callable[..., Person]) -> None:
    paula = meet("paula")
    page = paula.page
    debugger = page.context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    debugger.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL_AUTHENTICATOR})
    paula.sign_up()
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("Phone")
    page.get_by_label("Sign in with it alone").check()
    paula.button("Add").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    assert not frame_faults(page)
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("heading", name="Phone")).to_be_visible()
    expect(page.get_by_text("Signs in alone")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    paula.button("Use a passkey").click()
    expect(page.get_by_role("heading", name="Hello, paula")).to_be_visible()


def test_a_forgotten_password_is_replaced_through_the_mail(meet: Callable[..., Person]) -> None:
    oscar = meet("oscar")
    page = oscar.page
    page.goto("/accounts/signup/")
    page.get_by_label("Name").fill("oscar")
    page.get_by_label("E-mail").fill("oscar@example.org")
    page.get_by_label("Password", exact=True).fill("correct-horse-battery")
    oscar.button("Create account").click()
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/accounts/password/reset/")
    page.get_by_label("E-mail").fill("oscar@example.org")
    oscar.button("Send me the link").click()
    page.get_by_role("link", name="Read the mail of this local copy").click()
    mail = page.get_by_role("article").filter(has=page.get_by_role("heading", name="Choose a new password")).first
    expect(mail).to_contain_text("Hello oscar")
    mail.get_by_role("link").first.click()
    page.get_by_label("New password", exact=True).fill("another-horse-battery")
    page.get_by_label("New password, once more").fill("another-horse-battery")
    oscar.button("Save the new password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    page.goto("/accounts/login/")
    page.get_by_label("Name or e-mail").fill("oscar")
    page.get_by_label("Password").fill("another-horse-battery")
    oscar.button("Sign in").click()
    expect(page.get_by_role("heading", name="Hello, oscar")).to_be_visible()


def test_staff_set_up_a_second_step_before_the_admin_opens(site: Site, meet: Callable[..., Person]) -> None:
    stella = meet("stella")
    page = stella.page
    stella.sign_up()
    site.make_staff("stella")
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert not frame_faults(page)
    page.get_by_role("link", name="Set up a second step").click()
    page.get_by_role("link", name="Set it up").click()
    secret = page.locator("form code").first.inner_text().strip()
    page.get_by_label("code").first.fill(code_of(secret))
    stella.button("Switch it on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.goto("/admin/")
    page.get_by_role("link", name="Enter a code").click()
    page.get_by_label("code").first.fill(code_of(secret))
    stella.button("Confirm").click()
    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_a_wallet_that_made_a_profile_of_its_own_is_moved_to_the_one_with_a_password(
    site: Site, meet: Callable[..., Person]
) -> None:
    quinn = meet("quinn")
    page = quinn.page
    quinn.sign_in_with_wallet()
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    page.get_by_label("Handle").fill("admin")
    expect(page.get_by_text("The handle admin is reserved")).to_be_visible()
    quinn.button("Continue").click()
    expect(page.get_by_label("Handle")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Handle").fill("Quinn’s wallet")
    expect(page.get_by_text("Free. Your page: /u/quinn-s-wallet")).to_be_visible()
    quinn.button("Continue").click()
    expect(page.get_by_role("heading", name="Your NFTs")).to_be_visible()
    page.context.clear_cookies()

    quinn.sign_up()
    page.goto("/settings/wallets/")
    quinn.button(f"Link with {quinn.wallet.name}").click()
    expect(page.get_by_text("is linked to another profile here")).to_be_visible()
    page.get_by_role("link", name="Move a wallet here").click()
    quinn.choose_wallet_and_sign("Move with")
    expect(page.get_by_text("The wallet is yours here now.")).to_be_visible()
    expect(page.get_by_text(quinn.wallet.address).first).to_be_visible()

    page.goto("/accounts/sessions/")
    expect(page.get_by_text("A wallet account was linked")).to_be_visible()
    site.forget_proofs()
    page.goto("/accounts/2fa/totp/activate/")
    page.get_by_role("link", name="Sign with a wallet").click()
    quinn.choose_wallet_and_sign()
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
