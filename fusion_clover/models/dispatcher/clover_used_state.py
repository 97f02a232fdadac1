from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

#: A state is valid for an hour; allow for a clock that is a minute slow.
KEPT = timedelta(hours=2)


class CloverUsedState(models.Model):
    """Nonces of states that were relayed or accepted: each state works only once."""

    _name = "clover.used.state"
    _description = "Used Clover State"
    _rec_name = "nonce"

    nonce = fields.Char(required=True, readonly=True)
    expires_at = fields.Datetime(required=True, readonly=True, index=True)

    _nonce_unique = models.Constraint("unique(nonce)", "This state was used before.")

    @api.model
    def _use(self, nonce):
        """Record the nonce and commit; return True the first time, False afterwards."""

        def use(env):
            env.cr.execute(
                "INSERT INTO clover_used_state (nonce, expires_at) VALUES (%s, %s) "
                "ON CONFLICT (nonce) DO NOTHING",
                [nonce, fields.Datetime.now() + KEPT],
            )
            return bool(env.cr.rowcount)

        return in_own_transaction(self.env, use)

    @api.autovacuum
    def _gc_expired(self):
        """Delete nonces of expired states."""
        self.search([("expires_at", "<", fields.Datetime.now())], limit=1000).unlink()
