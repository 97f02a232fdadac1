"""Tokens survive many requests at once, a killed process, a rollback; and fail once when dead."""

import time
from collections.abc import Iterator

import psycopg2
import pytest

from tests.e2e.conftest import open_site
from tests.e2e.support.rpc import OdooError
from tests.e2e.support.settings import Settings
from tests.e2e.support.shell import Go, OdooShell
from tests.e2e.support.site import Site
from tests.e2e.support.waiting import wait_until

pytestmark = pytest.mark.own_site

PROCESSES, THREADS = 4, 16

#: Calls of many threads, as the queue makes them: without a database connection of their own, so
#: that the connections there are depend on the tokens alone.
MANY_REQUESTS = """
import threading, time
provider = env["payment.provider"].browse({provider})
results, seconds, start = [], [], threading.Barrier({threads} + 1)
def request(client):
    start.wait()
    began = time.monotonic()
    try:
        results.append(client.merchants.retrieve().id)
    except Exception as error:
        results.append(repr(error))
    seconds.append(time.monotonic() - began)
clients = [provider._clover_client() for _ in range({threads})]
threads = [threading.Thread(target=request, args=(client,)) for client in clients]
for thread in threads: thread.start()
env.cr.rollback()
wait_for_go()
start.wait()
for thread in threads: thread.join()
tell(results=results, slowest=max(seconds))
"""

ONE_REQUEST = """
provider = env["payment.provider"].browse({provider})
wait_for_go()
tell(result=provider._clover_client().merchants.retrieve().id)
"""

ROLLED_BACK = """
provider = env["payment.provider"].browse({provider})
wait_for_go()
try:
    provider.name = "never kept"
    env.flush_all()
    merchant = provider._clover_client().merchants.retrieve().id
    raise RuntimeError
except RuntimeError:
    env.cr.rollback()
tell(result=merchant)
"""


@pytest.fixture(scope="module")
def site(settings: Settings) -> Iterator[Site]:
    """A site of these tests' own: they break its connection."""
    with open_site(settings, "tokens") as opened:
        yield opened


class Tokens:
    """The connection as it is in the database, and what Clover was asked about it."""

    def __init__(self, site):
        self._site = site
        self._before = len(site.clover.journal())

    def row(self):
        (row,) = self._site.database.rows("SELECT * FROM clover_oauth_token")
        return row

    def expire(self):
        """Let the access token be over, here and at Clover."""
        self._site.database.execute(
            "UPDATE clover_oauth_token SET access_expires_at = now() at time zone 'utc', "
            "access_token = 'expired'"
        )

    def calls(self, path):
        """How often Clover was asked for this path since the test began."""
        journal = self._site.clover.journal()[self._before :]
        return sum(call["path"] == path for call in journal)

    @property
    def refreshes(self):
        return self.calls("/oauth/v2/refresh")

    @property
    def recoveries(self):
        return self.calls("/oauth/v2/recovery")


@pytest.fixture
def tokens(site) -> Iterator[Tokens]:
    """The site's connection, which works again afterwards."""
    yield Tokens(site)
    action = site.admin.call("payment.provider", "action_clover_oauth_connect", [site.provider_id])
    site.admin.http.get(action["url"], timeout=60)


@pytest.fixture
def run(site, settings):
    """Starts a process with a script; it waits for ``go`` after it told that it is ready."""

    def run(script, go, **values):
        values = {"provider": site.provider_id, **values}
        return OdooShell(settings, site.database.name, script.format(**values), go)

    return run


@pytest.fixture
def run_alone(run):
    """What a script tells that runs in a process of its own, from beginning to end."""

    def run_alone(script):
        go = Go()
        shell = run(script, go)
        assert shell.told() == {"ready": True}
        go.give()
        told = shell.told()
        shell.end()
        return told

    return run_alone


def test_64_requests_of_four_processes_make_one_refresh_and_all_succeed(site, tokens, run):
    go = Go()
    shells = [run(MANY_REQUESTS, go, threads=THREADS) for _ in range(PROCESSES)]
    for shell in shells:
        assert shell.told() == {"ready": True}
    tokens.expire()
    go.give()
    told = [shell.told() for shell in shells]
    for shell in shells:
        shell.end()
    merchant = tokens.row()["merchant_id"]
    assert [one["results"] for one in told] == [[merchant] * THREADS] * PROCESSES
    assert tokens.refreshes == 1
    assert tokens.recoveries == 0
    assert tokens.calls(f"/v3/merchants/{merchant}") == PROCESSES * THREADS


def test_a_process_killed_between_answer_and_commit_loses_nothing(
    site, settings, tokens, run, run_alone
):
    tokens.expire()
    before = tokens.row()
    go = Go()
    shell = run(ONE_REQUEST, go)
    shell.told()
    blocker = psycopg2.connect(host=settings.pg_socket, user="odoo", dbname=site.database.name)
    with blocker, blocker.cursor() as cursor:
        # Lets the row be locked but not be changed: the answer arrives, and stays outside.
        cursor.execute("LOCK TABLE clover_oauth_token IN SHARE MODE")
        go.give()
        wait_until(lambda: tokens.refreshes == 1, "Clover was asked for new tokens")
        wait_until(
            lambda: site.database.value(
                "SELECT count(*) FROM pg_locks WHERE NOT granted "
                "AND relation = 'clover_oauth_token'::regclass"
            ),
            "the process wants to write what it was given",
        )
        shell.kill()
    blocker.close()
    assert tokens.row() == before
    assert run_alone(ONE_REQUEST) == {"result": before["merchant_id"]}
    assert (tokens.refreshes, tokens.recoveries) == (2, 1)
    after = tokens.row()
    assert after["previous_refresh_token"] == before["refresh_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert not after["error"]
    assert run_alone(ONE_REQUEST) == {"result": before["merchant_id"]}
    assert (tokens.refreshes, tokens.recoveries) == (2, 1)


def test_a_rollback_of_the_caller_keeps_the_new_tokens(site, tokens, run_alone):
    tokens.expire()
    before = tokens.row()
    told = run_alone(ROLLED_BACK)
    assert told == {"result": before["merchant_id"]}
    after = tokens.row()
    assert after["previous_refresh_token"] == before["refresh_token"]
    assert after["access_token"] not in ("expired", before["access_token"])
    name = site.database.value(
        "SELECT name->>'en_US' FROM payment_provider WHERE id = %s", site.provider_id
    )
    assert name == "Clover"
    assert run_alone(ONE_REQUEST) == {"result": before["merchant_id"]}
    assert tokens.refreshes == 1


def test_corrupt_tokens_fail_once_within_a_second_and_call_for_an_administrator(site, tokens):
    site.database.execute(
        "UPDATE clover_oauth_token SET access_token = 'corrupt', refresh_token = 'corrupt', "
        "previous_refresh_token = NULL"
    )
    began = time.monotonic()
    with pytest.raises(OdooError, match="Connect again"):
        site.admin.call("payment.provider", "action_clover_test_connection", [site.provider_id])
    assert time.monotonic() - began < 1.0
    assert (tokens.refreshes, tokens.recoveries) == (1, 1)
    assert tokens.row()["error"]
    for _ in range(3):
        with pytest.raises(OdooError, match="Reconnect"):
            site.admin.call("payment.provider", "action_clover_test_connection", [site.provider_id])
    activities = site.database.value(
        "SELECT count(*) FROM mail_activity WHERE res_model = 'clover.oauth.token'"
    )
    assert activities == 1
    state = site.admin.read("payment.provider", site.provider_id, "clover_connection_state")
    assert state["clover_connection_state"] == "broken"
