"""What allauth's forms say about errors, in the words of this site."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# Told alike for a wrong name and a wrong password.
WRONG = _("The name or the password is wrong. Check both, or choose a new password.")
WRONG_CODE = _("This code is wrong or too old. Enter the one your app shows now.")
ACCOUNT_ERRORS = {
    "account_inactive": _("This account is closed."),
    "cannot_remove_primary_email": _("We write to this address. Choose another one for that first."),
    "duplicate_email": _("You have this address already."),
    "email_password_mismatch": WRONG,
    "username_password_mismatch": WRONG,
    "invalid_login": WRONG,
    "enter_current_password": _("Enter your current password."),
    "incorrect_code": WRONG_CODE,
    "incorrect_password": _("This is not your password."),
    "invalid_or_expired_key": _("This link was used already, or is too old."),
    "invalid_password_reset": _("This link was used already, or is too old."),
    "max_email_addresses": _("You can have up to %d e-mail addresses."),
    "too_many_login_attempts": _("That was too many tries. Wait five minutes, then try again."),
    "rate_limited": _("That was too many tries. Wait a few minutes, then try again."),
    "same_as_current": _("This is the same as before. Choose another."),
    "select_only_one": _("Choose only one."),
    "unverified_primary_email": _("Confirm this address first; then we can write to it."),
    "username_taken": _("This name is taken. Please choose another."),
}
MFA_ERRORS = {
    "add_email_blocked": _("Switch off the second step first; then you can add an address."),
    "cannot_generate_recovery_codes": _("Set up a second step first; recovery codes are for when you lose it."),
    "incorrect_code": WRONG_CODE,
    "unverified_email": _("Confirm your e-mail address first; then you can set up a second step."),
}
