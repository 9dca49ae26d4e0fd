"""The wall, where it is tried from outside: other threads, and statements that move the server's path by hand."""

from contextlib import suppress

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection

from shared_apps.accounts.models import User
from shared_apps.tenants.scope import enter_tenant
from tests.isolation.committed.conftest import Pair
from tests.isolation.helpers import BoomError, ask, business_name, where
from tests.threads import in_thread


def test_thread_that_entered_nothing_is_refused(pair: Pair) -> None:
    with pytest.raises(ImproperlyConfigured, match="schema not set"):
        in_thread(business_name)


def test_thread_that_left_its_tenant_is_refused_again(pair: Pair) -> None:
    def job() -> str:
        with enter_tenant(pair.alpha):
            name = business_name()
        assert name == "Alpha Studio"
        return business_name()

    with pytest.raises(ImproperlyConfigured, match="schema not set"):
        in_thread(job)


def test_thread_that_failed_in_its_tenant_is_refused_again(pair: Pair) -> None:
    def job() -> str:
        with suppress(BoomError), enter_tenant(pair.alpha):
            raise BoomError
        return business_name()

    with pytest.raises(ImproperlyConfigured, match="schema not set"):
        in_thread(job)


def test_thread_does_not_inherit_its_makers_tenant(pair: Pair) -> None:
    with enter_tenant(pair.alpha), pytest.raises(ImproperlyConfigured, match="schema not set"):
        in_thread(business_name)


def test_thread_in_another_tenant_leaves_this_one_alone(pair: Pair) -> None:
    def job() -> str:
        with enter_tenant(pair.beta):
            return business_name()

    with enter_tenant(pair.alpha):
        assert (business_name(), in_thread(job), business_name()) == ("Alpha Studio", "Beta Studio", "Alpha Studio")


@pytest.mark.parametrize(
    "disturb",
    [
        "DISCARD ALL",
        "RESET ALL",
        "RESET search_path",
        "SET search_path = public",
        "SELECT set_config('search_path', 'public', false)",
        "SET SESSION AUTHORIZATION DEFAULT",
    ],
)
def test_path_moved_by_hand_is_put_right(disturb: str, pair: Pair) -> None:
    with enter_tenant(pair.alpha):
        assert business_name() == "Alpha Studio"
        connection.connection.execute(disturb)
        assert business_name() == "Alpha Studio"
        assert where() == (pair.alpha.schema_name, pair.alpha.schema_name)


def test_path_moved_to_the_other_tenant_is_put_right(pair: Pair) -> None:
    with enter_tenant(pair.alpha):
        assert business_name() == "Alpha Studio"
        connection.connection.execute(f"SET search_path = {pair.beta.schema_name}")
        assert business_name() == "Alpha Studio"


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
def test_aborted_transaction_that_takes_the_path_back_is_noticed(ending: str, pair: Pair) -> None:
    """Measured on django-tenants with TENANT_LIMIT_SET_CALLS: the first tenant's row came back."""
    with enter_tenant(pair.alpha):
        assert business_name() == "Alpha Studio"
    with enter_tenant(pair.beta):
        connection.connection.execute("BEGIN")
        assert business_name() == "Beta Studio"
        with suppress(ProgrammingError):
            ask("SELECT nothing FROM nowhere")
        connection.connection.execute(ending)
        assert connection.connection.execute("SHOW search_path").fetchone() == (pair.alpha.schema_name,)
        assert business_name() == "Beta Studio"


def test_new_connection_in_the_same_scope_is_in_the_tenant(pair: Pair) -> None:
    with enter_tenant(pair.alpha):
        assert business_name() == "Alpha Studio"
        connection.close()
        assert business_name() == "Alpha Studio"


def test_server_side_cursor_reads_the_tenant(pair: Pair) -> None:
    with enter_tenant(pair.alpha):
        assert [user.email for user in User.objects.iterator()] == ["owner@alpha.example"]
    with enter_tenant(pair.beta):
        assert [user.email for user in User.objects.iterator()] == ["owner@beta.example"]
