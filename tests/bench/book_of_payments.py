"""Run inside Odoo: a book of payments with planted faults, its comparison, repair and comparison.

Has ``env``, ``tell`` and ``book_file`` (a JSON file: payments of Clover's and their faults).
"""

SCRIPT = '''
import datetime, json, time
book = json.load(open(book_file))
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction
domain = [("code", "=", "clover"), ("state", "=", "test")]
provider = env["payment.provider"].search(domain, limit=1)
partner = env["res.partner"].create({"name": "Walk-in"})
method = env.ref("payment.payment_method_card")
currency = env["res.currency"].search([("name", "=", "CAD")])
env["ir.config_parameter"].set_param("fusion_clover.comparison_settling_seconds", "-60")

def genuine(ref, cents, suffix="", done=True):
    tx = env["payment.transaction"].create({
        "provider_id": provider.id, "payment_method_id": method.id, "partner_id": partner.id,
        "reference": f"BOOK-{ref}{suffix}", "amount": cents / 100, "currency_id": currency.id,
        "operation": "online_direct", "provider_reference": ref})
    if done:
        tx._set_done()
        tx._post_process()
    else:
        tx._set_error("Given up.")
    return tx

def plant(row):
    ref, cents, fault = row["ref"], row["cents"], row["fault"]
    if fault == "clover_only":
        return
    # Of its own, for the server's scheduled actions are at work on the same books.
    env.cr.commit()
    tx = genuine(ref, cents - (100 if fault == "amount" else 0), done=fault != "state")
    if fault == "duplicate":
        genuine(ref, cents, "-again")
    env.flush_all()
    if fault == "currency":
        env.cr.execute("UPDATE payment_transaction SET currency_id = %s WHERE id = %s",
                       [env.ref("base.USD").id, tx.id])
    if fault == "late":
        env.cr.execute("UPDATE payment_transaction SET last_state_change = last_state_change"
                       " + INTERVAL '1 day' WHERE id = %s", [tx.id])
    env.cr.execute("UPDATE payment_transaction SET clover_order_ref = 'KNOWN' WHERE id = %s",
                   [tx.id])
    env.cr.commit()
    env.invalidate_all()

def columns(table, *without):
    env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s",
                   [table])
    return ", ".join('"%s"' % name for (name,) in env.cr.fetchall() if name not in without)

def what_happened(row):
    """Refunds, voids, tips, surcharges and captures as they are booked when they are heard of."""
    env.cr.commit()
    what, ref, cents = row["what"], row["ref"], row["cents"]
    if what == "surcharge":
        payment = provider._clover_client().payments.retrieve(ref)
        added = payment.additional_charges
        tx = genuine(ref, cents, done=False)
        tx.write({"fusion_surcharge_amount": added / 100, "fusion_surcharge_origin": "provider"})
        tx._set_done(extra_allowed_states=("error",))
        tx._post_process()
    else:
        tx = genuine(ref, cents)
    if "back" in row:
        child = tx._create_child_transaction(row["back"] / 100, is_refund=True,
                                             provider_reference=row["back_ref"])
        child._set_done()
        child._post_process()
    env.flush_all()
    env.cr.execute("UPDATE payment_transaction SET clover_order_ref = 'KNOWN' WHERE id = %s",
                   [tx.id])
    env.cr.commit()
    env.invalidate_all()

def clone(rows):
    """The payments without a fault: copies of a genuine one."""
    first = genuine(rows[0]["ref"], rows[0]["cents"])
    env.flush_all()
    copied = columns("payment_transaction", "id", "reference", "provider_reference", "amount",
                     "payment_id")
    env.cr.execute(f"""
        INSERT INTO payment_transaction ({copied}, reference, provider_reference, amount)
        SELECT {copied}, 'BOOK-' || new.ref, new.ref, new.cents / 100.0
          FROM payment_transaction, unnest(%s, %s) AS new (ref, cents) WHERE id = %s""",
        [[row["ref"] for row in rows[1:]], [row["cents"] for row in rows[1:]], first.id])
    copied = columns("account_payment", "id", "amount", "payment_transaction_id", "move_id", "name")
    env.cr.execute(f"""
        INSERT INTO account_payment ({copied}, amount, payment_transaction_id)
        SELECT {', '.join('pattern.' + one for one in copied.split(', '))}, tx.amount, tx.id
          FROM account_payment pattern, payment_transaction tx
         WHERE pattern.id = %s AND tx.payment_id IS NULL AND tx.state = 'done'
           AND tx.provider_id = %s""", [first.payment_id.id, provider.id])
    env.cr.execute("""
        UPDATE payment_transaction tx SET payment_id = payment.id FROM account_payment payment
         WHERE payment.payment_transaction_id = tx.id AND tx.payment_id IS NULL""")
    env.cr.execute("UPDATE payment_transaction SET clover_order_ref = 'KNOWN'")
    env.cr.commit()
    env.invalidate_all()

def compare():
    today = datetime.date.today()
    one = env["clover.comparison"].create({
        "provider_id": provider.id, "date_from": today - datetime.timedelta(days=1),
        "date_to": today + datetime.timedelta(days=1)})
    one._compare()
    env.cr.commit()
    # What the comparison has booked by itself was found, too.
    found = [[d.kind, d.payment_ref] for d in one.difference_ids
             if d.state == "open" or d.state == "repaired"]
    tell(found=found, seconds=one.seconds, calls=one.call_count, entries=one.entry_count,
         unexplained=one.unexplained)
    return one

clone([row for row in book if not row["fault"] and not row.get("what")])
for row in book:
    if row["fault"]:
        plant(row)
    elif row.get("what"):
        what_happened(row)
env.cr.commit()
one = compare()
started = time.monotonic()
def repair(own, found_id):
    found = own["clover.comparison.difference"].browse(found_id)
    if found.kind == "clover_only":
        found.partner_id = partner.id
    assert not isinstance(found.action_repair(), dict)
for found in one.difference_ids.filtered(lambda d: d.state == "open"):
    in_own_transaction(env, lambda own, found_id=found.id: repair(own, found_id))
env.cr.commit()
env.invalidate_all()
tell(repaired_in=time.monotonic() - started)
compare()
'''
