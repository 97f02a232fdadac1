"""A database with an outbox, its endpoint and as many deliveries as wanted."""

from contextlib import ExitStack
from typing import Any

import psycopg2

from tests.e2e.support.database import Database
from tests.e2e.support.settings import Settings

from .processes import Worker, run_in_odoo

_ENDPOINT = """
endpoint = env["fusion.delivery.endpoint"].create(
    {"name": name, "url": url, "state": "test", **options})
result = [endpoint.id, endpoint.ack_token]
"""

#: What ``_enqueue`` writes, for very many at once.
_FILL = """
    INSERT INTO fusion_delivery
           (delivery_uuid, endpoint_id, company_id, event_type, body, state, attempt_count,
            replay_offset, is_last, next_trigger, next_attempt_at,
            create_uid, create_date, write_uid, write_date)
    SELECT gen_random_uuid(), e.id, e.company_id, 'bench.delivery',
           jsonb_build_object('payment_id', 'PAY-' || n, 'amount', '150.00',
                              'hauler_name', 'Vendor Company Name', 'invoice_number', 'INV' || n),
           'pending', 0, 0, FALSE, 'schedule',
           date_trunc('second', now() AT TIME ZONE 'UTC') + %s * interval '1 second',
           1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC'
      FROM fusion_delivery_endpoint e, generate_series(1, %s) n
     WHERE e.id = %s
"""

#: Rows of one statement, which must not take too long.
_AT_ONCE = 50_000


class OutboxSite:
    """A clone of the template; gone, with its workers, when the block ends."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.database = Database(settings, name)
        self._resources = ExitStack()

    def __enter__(self) -> "OutboxSite":
        self.database.create()
        self._resources.callback(self.database.drop)
        # What the template has of its own is not to be delivered by this run.
        self.database.execute("UPDATE fusion_delivery_endpoint SET state = 'disabled'")
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._resources.close()

    def endpoint(self, url: str, name: str = "Receiver", **options: Any) -> tuple[int, str]:
        """A new endpoint in test state; returns its id and its acknowledgement token."""
        made = run_in_odoo(
            self.settings, self.database.name, _ENDPOINT, url=url, name=name, options=options
        )
        return made[0], made[1]

    def fill(self, endpoint_id: int, count: int, *, due_in: int = 0) -> None:
        """Enqueue ``count`` deliveries that are due in so many seconds."""
        for done in range(0, count, _AT_ONCE):
            self.database.execute(_FILL, due_in, min(_AT_ONCE, count - done), endpoint_id)
        self.database.execute("ANALYZE fusion_delivery")

    def clear(self) -> None:
        """Forget all deliveries."""
        self.database.execute("TRUNCATE fusion_delivery CASCADE")

    def worker(self, name: str, **options: bool) -> Worker:
        """A worker that is killed when the block ends; not started yet."""
        worker = Worker(self.settings, self.database.name, name, **options)
        self._resources.callback(worker.kill)
        return worker

    def trigger(self) -> None:
        """Make both lanes due, as enqueuing does, and wake the workers of all hosts."""
        self.database.execute(
            """
            INSERT INTO ir_cron_trigger (cron_id, call_at)
            SELECT res_id, date_trunc('second', now() AT TIME ZONE 'UTC')
              FROM ir_model_data
             WHERE module = 'fusion_payment_common'
               AND name IN ('ir_cron_deliver_1', 'ir_cron_deliver_2')
            """
        )
        self.wake()

    def wake(self) -> None:
        """What any enqueuing transaction of a busy system sends: look at the queue now."""
        connection = psycopg2.connect(
            host=self.settings.pg_socket, user="odoo", dbname="postgres"
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('cron_trigger', %s)", [self.database.name])
        connection.close()

    def count(self, condition: str) -> int:
        """How many deliveries there are WHERE ``condition``."""
        return self.database.value(f"SELECT count(*) FROM fusion_delivery WHERE {condition}")
