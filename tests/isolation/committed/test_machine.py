"""T4: threads, tenants, exceptions and dropped connections in any order; each reads its own marker row or none."""

import threading
from collections.abc import Callable
from functools import partial
from queue import Queue
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope, tenant_scope
from tests.isolation.committed.conftest import Pair
from tests.isolation.helpers import BoomError, ask, business_name

WORKERS = 3
_DONE = object()


class Worker:
    """A thread with a connection of its own, that does one thing after the other and stays inside what it entered."""

    def __init__(self) -> None:
        self._jobs: Queue[Any] = Queue()
        self._answers: Queue[Any] = Queue()
        self.inside: list[TenantRef | None] = []  # None is public
        self._scopes: list[Any] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not _DONE:
            try:
                self._answers.put((True, job()))
            except BaseException as error:  # noqa: BLE001 - told to the thread that asked
                self._answers.put((False, error))
        connections.close_all()

    def do(self, job: Callable[[], Any]) -> Any:
        """Run `job` in this thread and return or raise what it does."""
        self._jobs.put(job)
        is_well, answer = self._answers.get(timeout=30)
        if not is_well:
            raise answer
        return answer

    def enter(self, tenant: TenantRef | None) -> None:
        """Enter a tenant, or public, inside where this thread is."""
        scope = public_scope() if tenant is None else enter_tenant(tenant)
        self.do(scope.__enter__)
        self._scopes.append(scope)
        self.inside.append(tenant)

    def leave(self, error: BaseException | None) -> None:
        """Leave what was entered last, by its end or by an exception."""
        scope = self._scopes.pop()
        given = (type(error), error, None) if error is not None else (None, None, None)
        try:
            self.do(lambda: scope.__exit__(*given))
        except BoomError:
            assert error is not None
        self.inside.pop()

    def stop(self) -> None:
        while self._scopes:
            self.leave(None)
        self._jobs.put(_DONE)
        self._thread.join(timeout=30)


def _look(expected: TenantRef | None) -> None:
    """Read what says where this thread is, and hold it against where it should be."""
    if expected is None:
        assert ask("SELECT current_schema()") == "public"
        return
    assert ask("SELECT current_schema()") == expected.schema_name
    assert ask("SHOW search_path") == expected.schema_name
    assert business_name() == expected.name


def _drop_connection() -> None:
    """Lose the connection as a restart of PostgreSQL does: the server ends it, nobody here knows."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    except Exception:  # noqa: BLE001 - whatever it says, it is gone
        pass
    connection.close()


def make_machine(pair: Pair) -> type[RuleBasedStateMachine]:
    """Return the machine over two tenants."""

    class Threads(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.workers = [Worker() for _ in range(WORKERS)]

        who = st.integers(0, WORKERS - 1)
        where = st.sampled_from([pair.alpha, pair.beta, None])

        @rule(who=who, where=where)
        def enter(self, who: int, where: TenantRef | None) -> None:
            if len(self.workers[who].inside) < 4:
                self.workers[who].enter(where)
            self.check()

        @rule(who=who, fails=st.booleans())
        def leave(self, who: int, fails: bool) -> None:
            if self.workers[who].inside:
                self.workers[who].leave(BoomError() if fails else None)
            self.check()

        @rule(who=who, where=st.sampled_from([pair.alpha, pair.beta]))
        def fail_in_a_transaction(self, who: int, where: TenantRef) -> None:
            def job() -> None:
                with transaction.atomic(), tenant_scope(where.schema_name):
                    _look(where)
                    raise BoomError

            if self.workers[who].inside:
                with pytest.raises(BoomError):
                    self.workers[who].do(job)
            self.check()

        @rule(who=who)
        def lose_the_connection(self, who: int) -> None:
            self.workers[who].do(_drop_connection)
            self.check()

        @rule(who=who)
        def close_the_connection(self, who: int) -> None:
            self.workers[who].do(lambda: connection.close())  # noqa: PLW0108 - the proxy must be asked over there
            self.check()

        @precondition(lambda self: any(worker.inside for worker in self.workers))
        @rule(who=who, path=st.sampled_from(["public", "accounts", ""]))
        def move_the_search_path_behind_our_back(self, who: int, path: str) -> None:
            def job() -> None:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                connection.connection.execute("SELECT set_config('search_path', %s, false)", [path])

            if self.workers[who].inside:
                self.workers[who].do(job)
                self.workers[who].do(lambda: connection.close())  # noqa: PLW0108 - the proxy must be asked over there; as the pool does with what it took back
            self.check()

        def check(self) -> None:
            """Everybody is where they are, and nobody elsewhere; who is nowhere reads nothing."""
            for worker in self.workers:
                if worker.inside:
                    worker.do(partial(_look, worker.inside[-1]))
                else:
                    with pytest.raises(ImproperlyConfigured):
                        worker.do(business_name)

        def teardown(self) -> None:
            for worker in self.workers:
                worker.stop()

    return Threads


def test_t04_threads_in_any_order_read_their_own_marker_row(pair: Pair) -> None:
    run_state_machine_as_test(
        make_machine(pair),
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # a failure is told as it was found: to shorten it takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
