"""Somebody else writes while Clover holds the charge; Odoo runs the request again; a connection
breaks: one charge, and the books are right."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.e2e.support.clover import VISA
from tests.e2e.support.waiting import wait_until

PATIENT = 30.0

_TOUCH = {
    "invoice": "UPDATE account_move SET narration = 'changed meanwhile' WHERE id = %s",
    "transaction": """
        UPDATE payment_transaction SET write_date = now() at time zone 'utc' WHERE id IN
        (SELECT transaction_id FROM account_invoice_transaction_rel WHERE invoice_id = %s)""",
    "dialog": """
        UPDATE clover_payment_wizard SET write_date = now() at time zone 'utc'
         WHERE move_id = %s""",
    "partner": """
        UPDATE res_partner SET comment = 'changed meanwhile' WHERE id IN
        (SELECT partner_id FROM account_move WHERE id = %s)""",
}


def _charge_and_hold(site, tab, invoice) -> None:
    site.answer_within(PATIENT)
    tab.open_invoice(invoice).open_dialog().enter_card(VISA)
    site.clover.fault("timeout_after", count=1)
    tab.charge()
    wait_until(site.clover.held, "Clover holds the answer")


def test_rows_changed_by_others_during_the_charge_do_not_matter(site, books, tab):
    invoice = site.invoice(6100)
    _charge_and_hold(site, tab, invoice)
    for what, statement in _TOUCH.items():
        assert site.database.execute(statement, invoice.id) == 1, what
    site.clover.release()
    tab.expect_phase("approved")
    books.assert_collected_once(invoice)
    (operation,) = books.operations(invoice)
    assert len(site.clover.charge_calls(operation["external_reference"])) == 1


def test_an_amount_changed_in_the_dialog_during_the_charge_changes_nothing(
    site, books, claire, tab
):
    invoice = site.invoice(6200)
    _charge_and_hold(site, tab, invoice)
    (dialog,) = site.database.rows(
        "SELECT id FROM clover_payment_wizard WHERE move_id = %s", invoice.id
    )
    claire.call("clover.payment.wizard", "write", [dialog["id"]], {"amount": 1.0})
    site.clover.release()
    tab.expect_phase("approved")
    expect(tab.message).to_contain_text("62.00")
    books.assert_collected_once(invoice)


@contextmanager
def _conflict_once_when_read(database, table: str, condition: str) -> Iterator[None]:
    """The next statement on ``table`` once ``condition`` holds fails as if a concurrent transaction
    had been faster. The table is put behind a view that asks a function; Odoo knows nothing of it.
    """
    database.execute("CREATE SEQUENCE e2e_conflict MINVALUE 0 START 0")
    database.execute(f"""
        CREATE FUNCTION e2e_conflict_once() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            IF ({condition}) AND nextval('e2e_conflict') = 0 THEN
                RAISE EXCEPTION 'somebody else was faster' USING ERRCODE = '40001';
            END IF;
            RETURN true;
        END $$""")
    database.execute(f"ALTER TABLE {table} RENAME TO {table}_behind")
    database.execute(
        f"CREATE VIEW {table} AS SELECT * FROM {table}_behind WHERE e2e_conflict_once()"
    )
    try:
        yield
    finally:
        database.execute(f"DROP VIEW {table}")
        database.execute(f"ALTER TABLE {table}_behind RENAME TO {table}")
        database.execute("DROP FUNCTION e2e_conflict_once")
        database.execute("DROP SEQUENCE e2e_conflict")


def test_a_request_that_odoo_runs_again_charges_once(site, books, tab):
    invoice = site.invoice(6300)
    booked = f"""EXISTS (
        SELECT FROM fusion_operation op
          JOIN payment_transaction tx ON tx.reference = op.reference
          JOIN account_invoice_transaction_rel link ON link.transaction_id = tx.id
         WHERE link.invoice_id = {invoice.id} AND op.applied_at IS NOT NULL)"""
    log = len(site.server.log())
    with _conflict_once_when_read(site.database, "clover_payment_wizard", booked):
        _charge_and_hold(site, tab, invoice)
        site.clover.release()
        tab.expect_phase("approved")
    assert "SERIALIZATION_FAILURE, 4 tries left" in site.server.log()[log:]
    books.assert_collected_once(invoice)
    (operation,) = books.operations(invoice)
    assert len(site.clover.charge_calls(operation["external_reference"])) == 1


@contextmanager
def _conflict_once_when_written(database, table: str) -> Iterator[None]:
    """The next change of a row of ``table`` fails as if a concurrent transaction had been faster.

    The last value of the sequence ``e2e_conflict`` is the number of changes after that one.
    """
    database.execute("CREATE SEQUENCE e2e_conflict MINVALUE 0 START 0")
    database.execute("""
        CREATE FUNCTION e2e_conflict_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('e2e_conflict') = 0 THEN
                RAISE EXCEPTION 'somebody else was faster' USING ERRCODE = '40001';
            END IF;
            RETURN NEW;
        END $$""")
    database.execute(
        f"CREATE TRIGGER e2e_conflict BEFORE UPDATE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION e2e_conflict_once()"
    )
    try:
        yield
    finally:
        database.execute("DROP FUNCTION e2e_conflict_once CASCADE")
        database.execute("DROP SEQUENCE e2e_conflict")


@pytest.mark.parametrize(
    "table", ["fusion_operation", "fusion_operation_attempt", "payment_transaction"]
)
def test_a_conflict_while_the_result_is_written_is_overcome(site, books, tab, table):
    invoice = site.invoice(6400)
    _charge_and_hold(site, tab, invoice)
    (operation,) = books.operations(invoice)
    with _conflict_once_when_written(site.database, table):
        site.clover.release()
        tab.expect_phase("approved")
        assert site.database.value("SELECT last_value FROM e2e_conflict") >= 1
    assert books.operations(invoice)[0]["alerted_at"] is None
    books.assert_collected_once(invoice)
    assert len(site.clover.charge_calls(operation["external_reference"])) == 1


def test_a_request_whose_connection_breaks_after_the_charge_is_checked_not_refused(
    site, books, tab
):
    invoice = site.invoice(6500)
    _charge_and_hold(site, tab, invoice)
    broken = site.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        " AND pid != pg_backend_pid() AND state = 'idle in transaction'",
        site.database.name,
    )
    assert broken
    site.clover.release()
    tab.expect_phase("checking")
    tab.expect_phase("approved")
    books.assert_collected_once(invoice)
