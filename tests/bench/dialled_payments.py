"""Run inside Odoo: payments that Clover and Odoo know alike, and the comparison of both.

They have ``env`` and ``tell``; the first also ``rows`` (reference, kind, cents, Clover's id) and
``held`` (kinds of which the money is only held).
"""

_PROVIDER = '''
provider = env["payment.provider"].search(
    [("code", "=", "clover"), ("state", "=", "test")], limit=1)
'''

CREATE = (
    _PROVIDER
    + '''
partner = env["res.partner"].create({"name": "Dashboard"})
method = env.ref("payment.payment_method_card")
currency = env["res.currency"].search([("name", "=", "CAD")])
for number, (reference, kind, cents, payment) in enumerate(rows):
    tx = env["payment.transaction"].create({
        "provider_id": provider.id, "payment_method_id": method.id, "partner_id": partner.id,
        "reference": reference, "amount": cents / 100, "currency_id": currency.id,
        "operation": "online_direct", "provider_reference": payment, "clover_order_ref": "KNOWN"})
    if kind in held:
        tx._set_authorized()
    else:
        tx._set_done()
        tx._post_process()
    if number % 20 == 19:
        env.cr.commit()
env.cr.commit()
tell(created=len(rows))
'''
)

COMPARE = (
    _PROVIDER
    + '''
import datetime
env["ir.config_parameter"].set_param("fusion_clover.comparison_settling_seconds", "-60")
today = datetime.date.today()
one = env["clover.comparison"].create({
    "provider_id": provider.id, "date_from": today - datetime.timedelta(days=1),
    "date_to": today + datetime.timedelta(days=1)})
one._compare()
env.cr.commit()
tell(found=len(one.difference_ids))
'''
)
