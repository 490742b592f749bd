"""Sign-in."""

from __future__ import annotations

from urllib.parse import urlsplit

from avatarsite.settings import env
from avatarsite.settings.site import LOCAL_STACK, NFT_ENABLED, SITE_ORIGIN, TRUSTED_PROXY_COUNT

AUTHENTICATION_BACKENDS = [
    "users.backends.PasswordBackend",
    # For sessions that a program began with it. No password gets here: the one before ends every attempt.
    "django.contrib.auth.backends.ModelBackend",
    *(["nft.backends.WalletBackend"] if NFT_ENABLED else []),
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_FORMS = {
    "signup": "users.forms.SignUpForm",
    "add_email": "users.forms.AddAddressForm",
    "reset_password": "users.forms.ResetForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "users.reset_tokens.ResetTokens"  # noqa: S105
ACCOUNT_USERNAME_MIN_LENGTH = 2
# In small letters, so that the database's constraint holds for names that differ in case only.
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_USER_DISPLAY = "users.names.sign_in_name"
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Without allauth's code by mail: whoever reads somebody's mail could add a way in that stays.
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa", "wallet"]
# Seconds that a sign-in, or a proof after it, counts for what is sensitive. Long enough to sign up, look around and
# link a wallet without being asked again; short enough that a browser left open overnight adds no way in.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 45 * 60
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DELETE_DAYS = env.integer("ACCOUNT_DELETE_DAYS", 14, low=1, high=90)
ACCOUNT_EXPORT_DAYS = env.integer("ACCOUNT_EXPORT_DAYS", 7, low=1, high=90)
ACCOUNT_ADAPTER = "users.adapters.AccountAdapter"
ADMIN_WALLET_SIGN_IN = env.flag("ADMIN_WALLET_SIGN_IN")
STAFF_NEED_SECOND_FACTOR = env.flag("STAFF_NEED_SECOND_FACTOR", default=not LOCAL_STACK)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(SITE_ORIGIN).scheme
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
AVATAR_RATE_LIMITS = env.rates("AVATAR_RATE_LIMITS")
AVATAR_IPV4_NETWORKS = env.integers("AVATAR_IPV4_NETWORKS", [32, 24], high=32)
AVATAR_IPV6_NETWORKS = env.integers("AVATAR_IPV6_NETWORKS", [64, 56, 48], high=128)
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = AVATAR_IPV6_NETWORKS[:2][-1]  # all that a household may have
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A code stays good for the step after its own: phones lag and people type slowly (RFC 6238, 5.2).
MFA_TOTP_TOLERANCE = 1
MFA_ADAPTER = "users.adapters.MfaAdapter"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL_STACK
USERSESSIONS_TRACK_ACTIVITY = True
USERSESSIONS_ADAPTER = "users.sessions.SessionsAdapter"
