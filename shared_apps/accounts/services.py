"""Writes of people and their passwords."""

from shared_apps.accounts.models import User


def replace_password(*, user: User, password: str) -> bool:
    """Set `password` unless the user's password has changed since `user` was read; True when it was set.

    Of two that spend one link at the same moment the second finds it spent. `user` is changed only in that case.
    """
    known = user.password
    user.set_password(password)
    if User.objects.filter(pk=user.pk, password=known).update(password=user.password):
        return True
    user.password = known
    return False
