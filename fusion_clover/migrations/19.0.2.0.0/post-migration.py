"""Clover providers of earlier versions get the card form and what else customers need to see them.

The installed record is ``noupdate``, and other companies have copies of it. What an administrator
has chosen stays: cards are allowed to be saved only where there was no card form yet, so that
nobody can have decided against it.
"""

from odoo import SUPERUSER_ID, api
from odoo.fields import Command

from odoo.addons.fusion_clover import const


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for provider in env["payment.provider"].search([("code", "=", const.PROVIDER_CODE)]):
        missing = _missing_values(provider)
        if missing:
            provider.write(missing)
            if provider.state != "disabled":
                provider._activate_default_pms()


def _missing_values(provider):
    env = provider.env
    card = env.ref("payment.payment_method_card")
    missing = {}
    if not provider.inline_form_view_id:
        missing["inline_form_view_id"] = env.ref("fusion_clover.inline_form").id
        missing["allow_tokenization"] = provider.clover_saves_cards != "no"
    if not provider.module_id:
        missing["module_id"] = env.ref("base.module_fusion_clover").id
    # The card method itself may be switched off.
    if card not in provider.with_context(active_test=False).payment_method_ids:
        missing["payment_method_ids"] = [Command.link(card.id)]
    return missing
