from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CloverTerminalLease(models.Model):
    """The lease of a terminal by one payment; the database allows one at a time.

    It ends in the transaction that books the result, or when it expires, so that a payment with an
    unknown outcome does not block the device.
    """

    _name = "clover.terminal.lease"
    _description = "Use of a Terminal"
    _rec_name = "reference"

    terminal_id = fields.Many2one(
        "clover.terminal", required=True, readonly=True, ondelete="cascade"
    )
    # Environment and serial identify the device; several providers of its merchant may list it.
    environment = fields.Char(required=True, readonly=True)
    serial = fields.Char(required=True, readonly=True)
    reference = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="cascade")
    since = fields.Datetime(required=True, readonly=True)
    until = fields.Datetime(required=True, readonly=True)

    _device_unique = models.Constraint("unique(environment, serial)", "This terminal is in use.")

    @api.model
    def _take(self, terminal, reference, seconds):
        """Lease a terminal to a payment, unless another payment has it.

        :param str reference: of the payment's transaction; it may renew its own lease
        :param float seconds: duration of the lease
        :raise UserError: the terminal is in use; the message says by whom and since when
        """
        now = self.env.cr.now().replace(microsecond=0)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO clover_terminal_lease AS lease
                       (terminal_id, environment, serial, reference, user_id, since, until)
                VALUES (%(terminal)s, %(environment)s, %(serial)s, %(reference)s, %(user)s,
                        %(now)s, %(until)s)
                    ON CONFLICT (environment, serial) DO UPDATE
                   SET terminal_id = EXCLUDED.terminal_id, reference = EXCLUDED.reference,
                       user_id = EXCLUDED.user_id, since = EXCLUDED.since, until = EXCLUDED.until
                 WHERE lease.until <= EXCLUDED.since OR lease.reference = EXCLUDED.reference
             RETURNING id
                """,
                terminal=terminal.id,
                environment=terminal.environment,
                serial=terminal.serial,
                reference=reference,
                user=self.env.uid,
                now=now,
                until=now + timedelta(seconds=seconds),
            )
        )
        taken = self.env.cr.fetchone()
        self.invalidate_model()
        if not taken:
            raise UserError(
                terminal.in_use_notice
                or self.env._("The terminal was just taken by somebody else. Try again.")
            )

    @api.model
    def _give_back(self, reference):
        """End the lease of a payment; a second call does nothing.

        :return: whether the payment still had the lease
        """
        leases = self.search([("reference", "=", reference)])
        was_ours = bool(leases)
        leases.unlink()
        return was_ours

    def _notice(self):
        """Return who has the terminal and since when; False if there is no lease."""
        if not self:
            return False
        return self.env._(
            "%(terminal)s is in use by %(user)s since %(time)s (payment %(reference)s).",
            terminal=self.terminal_id.name,
            user=self.user_id.name,
            time=fields.Datetime.context_timestamp(self, self.since).strftime("%H:%M"),
            reference=self.reference,
        )
