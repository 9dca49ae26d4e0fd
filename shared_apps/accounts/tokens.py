"""Secrets that are shown once: set-password links and API keys.

Django's password-reset token is a MAC over the user's key, password hash and last login, so it dies with its first
use. Ours also covers the schema: user 1 of one tenant is not user 1 of another.

An API key is 256 random bits. A plain SHA-256 of it is enough to store: nobody can try 2^256 keys, so there is nothing
for a slow hash or a salt to slow down, as there is with passwords, which people choose; and it can be looked up by.
"""

import base64
import binascii
import hashlib
import re
import secrets

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import connection

from shared_apps.accounts.models import User


class SetPasswordTokenGenerator(PasswordResetTokenGenerator):
    """Tokens that are worth something in one schema only, once, for PASSWORD_RESET_TIMEOUT seconds."""

    key_salt = "shared_apps.accounts.set-password"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        schema_name = connection.schema_name  # type: ignore[attr-defined]  # our backend's attribute
        return f"{schema_name}:{super()._make_hash_value(user, timestamp)}"


_generator = SetPasswordTokenGenerator()


def make_set_password_token(user: User) -> str:
    """Return the token of a link by which `user` sets a password. Holds no personal data."""
    key = base64.urlsafe_b64encode(str(user.pk).encode()).decode().rstrip("=")
    return f"{key}.{_generator.make_token(user)}"


def find_user_by_token(token: str) -> User | None:
    """Return the active user whose unspent token this is in the current schema; None otherwise."""
    key, _, secret = token.partition(".")
    try:
        user_id = int(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
    except (ValueError, binascii.Error):
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first() if 0 < user_id < 2**63 else None
    return user if user is not None and _generator.check_token(user, secret) else None


_KEY = re.compile(r"hk_[A-Za-z0-9_-]{43}")
SHOWN_KEY_LENGTH = 11  # leaves 208 bits unknown


def make_api_key() -> str:
    """Return a new key: a mark by which scanners of leaked secrets know it, and 32 random bytes."""
    return f"hk_{secrets.token_urlsafe(32)}"


def hash_api_key(key: str) -> bytes | None:
    """Return what is stored of a key, 32 bytes; None for what cannot be one."""
    return hashlib.sha256(key.encode()).digest() if _KEY.fullmatch(key) else None
