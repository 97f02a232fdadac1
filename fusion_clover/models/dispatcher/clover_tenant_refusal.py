import logging
import time
from urllib.parse import urlsplit

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib import signed_state
from odoo.addons.fusion_payment_common.lib.refusal_log import RefusalLog

_logger = logging.getLogger(__name__)
_refusals = RefusalLog()

#: Of an address that a stranger may have made up: characters that are kept.
_KEPT = 120


class CloverTenant(models.Model):
    """Why a browser was last sent away on its way to the tenant, for whoever sets it up."""

    _inherit = "clover.tenant"

    refusal = fields.Selection(
        [
            (
                "signature",
                "It was signed with another secret: enter the secret that is shown here in the "
                "customer's settings.",
            ),
            ("address", "It came from another address than the one that is entered here:"),
            ("expired", "It was older than an hour, or used before: click Connect again."),
        ],
        readonly=True,
        copy=False,
    )
    refused_address = fields.Char(readonly=True, copy=False)
    refused_at = fields.Datetime(string="Refused", readonly=True, copy=False)

    def _forget_refusal(self):
        """It works: what went wrong before concerns nobody any more."""
        # Elevated: browsers are no users.
        tenant = self.sudo()
        if tenant.refused_at:
            tenant.write({"refusal": False, "refused_address": False, "refused_at": False})
            tenant.flush_recordset()


class CloverDispatcher(models.AbstractModel):
    _inherit = "clover.dispatcher"

    @api.model
    def _note_refusal(self, token, error, merchant_id):
        """Tell the administrator about a browser that was sent away.

        Once a minute per tenant and reason; another reason at once. A flood of strangers costs no
        query: which tenant is meant is known without one.

        :param str token: the state as it came; nothing in it is proven
        :param error: the :class:`~odoo.addons.fusion_payment_common.lib.signed_state.StateError`
        :param str merchant_id: as it came, for states that lead to no tenant
        """
        address, host = _claimed(token)
        hosts, merchants = self.env["clover.tenant"]._directory()
        tenant_id = hosts.get(host) or merchants.get(merchant_id)
        kind = _kind(error)
        count = _refusals.note((self.env.cr.dbname, tenant_id, kind), time.monotonic())
        if not count:
            return
        _logger.warning(
            "Sent %s browser(s) away, the last one on its way to %r: %s", count, address, error
        )
        if tenant_id and kind:
            # Elevated: browsers are no users.
            self.env["clover.tenant"].sudo().browse(tenant_id).write(
                {
                    "refusal": kind,
                    "refused_address": address,
                    "refused_at": fields.Datetime.now(),
                }
            )


def _claimed(token):
    """Return where a state says it leads, without its path, and the host of it; "" for nowhere."""
    try:
        parts = urlsplit(signed_state.claimed_redirect(token))
    except ValueError:
        return "", ""
    return f"{parts.scheme}://{parts.netloc}"[:_KEPT], parts.netloc.lower()


def _kind(error):
    """Return what the administrator can do something about, None for what is no state at all."""
    kinds = {
        signed_state.StateSignatureError: "signature",
        signed_state.StateHostError: "address",
        signed_state.StateExpiredError: "expired",
    }
    return kinds.get(type(error))
