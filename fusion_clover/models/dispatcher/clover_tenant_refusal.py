import logging
import time
from urllib.parse import urlsplit

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib import signed_state
from odoo.addons.fusion_payment_common.lib.refusal_log import RefusalLog

_logger = logging.getLogger(__name__)
_refusals = RefusalLog()

#: Most characters kept of an address that a stranger may have made up.
_KEPT = 120


class CloverTenant(models.Model):
    """Show why the last browser redirect to the tenant was rejected, to help with its setup."""

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
        """Clear the last refusal after a redirect that worked."""
        # Elevated: browsers have no user.
        tenant = self.sudo()
        if tenant.refused_at:
            tenant.write({"refusal": False, "refused_address": False, "refused_at": False})
            tenant.flush_recordset()


class CloverDispatcher(models.AbstractModel):
    _inherit = "clover.dispatcher"

    @api.model
    def _note_refusal(self, token, error, merchant_id):
        """Record a rejected browser redirect for the administrator.

        Record once a minute per tenant and reason; another reason at once. A flood of forged
        requests costs no query: the tenant is found in the cache.

        :param str token: the state as received; nothing in it is verified
        :param error: the :class:`~odoo.addons.fusion_payment_common.lib.signed_state.StateError`
        :param str merchant_id: as received, for states that lead to no tenant
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
            # Elevated: browsers have no user.
            self.env["clover.tenant"].sudo().browse(tenant_id).write(
                {
                    "refusal": kind,
                    "refused_address": address,
                    "refused_at": fields.Datetime.now(),
                }
            )


def _claimed(token):
    """Return the address a state claims to lead to, without its path, and its host; or ""."""
    try:
        parts = urlsplit(signed_state.claimed_redirect(token))
    except ValueError:
        return "", ""
    return f"{parts.scheme}://{parts.netloc}"[:_KEPT], parts.netloc.lower()


def _kind(error):
    """Return the kind of error that the administrator can act on; None if it is no state."""
    kinds = {
        signed_state.StateSignatureError: "signature",
        signed_state.StateHostError: "address",
        signed_state.StateExpiredError: "expired",
    }
    return kinds.get(type(error))
