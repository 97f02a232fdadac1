from datetime import timedelta

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import babel_locale_parse, get_lang

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.tools import long_calls
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ...client.terminal_outcomes import situation_of_error
from ...client.terminals import IDLE

#: Seconds after an answer in which the device is not pinged again.
FRESH = 15
#: Seconds after which an answer no longer shows the device's current status.
STALE = 600


class CloverTerminal(models.Model):
    """Calls to the device itself: ping and screen."""

    _inherit = "clover.terminal"

    # === ACTION METHODS === #

    def action_ping(self):
        """Ping the devices while the user waits."""
        self.check_access("read")
        for terminal in self:
            # Elevated: users may ping a terminal without access to the credentials.
            client = terminal.sudo().provider_id._clover_client()
            terminal._record_contact(*_ask(client, terminal.serial))
        return self._notification()

    def action_welcome(self):
        """Show the welcome screen; this also clears a leftover spinner."""
        return self._on_screen(lambda terminals, serial: terminals.welcome(serial))

    def action_reset(self):
        """Reset the device's display. This ends what the screen shows and may void a payment.

        :raise UserError: a payment is under way on the terminal
        """
        self.ensure_one()
        notice = self.in_use_notice
        if notice:
            raise UserError(
                self.env._("%s Cancel that payment instead of resetting the terminal.", notice)
            )
        return self._on_screen(lambda terminals, serial: terminals.reset(serial))

    def action_reset_in_use(self):
        """Reset the display during a payment; Managers only.

        Odoo still looks up the outcome of that payment at Clover.
        """
        self.ensure_one()
        return self._on_screen(lambda terminals, serial: terminals.reset(serial))

    def _show_message(self, text):
        """Show a text on the screens until the next payment or welcome screen."""
        return self._on_screen(lambda terminals, serial: terminals.display(serial, text))

    def _on_screen(self, call):
        self.check_access("write")
        for terminal in self:
            # Elevated: Managers control terminals without access to the credentials.
            client = terminal.sudo().provider_id._clover_client()
            try:
                call(client.terminals, terminal.serial)
            except GatewayError as error:
                raise UserError(
                    self.env._(
                        "%(terminal)s: %(reason)s",
                        terminal=terminal.name,
                        reason=terminal._situation_sentence(situation_of_error(error)),
                    )
                ) from error
            terminal._record_contact(None, None)
        return True

    # === PRE-FLIGHT === #

    def _ping_later(self):
        """Ping the device in the background; the bus notifies open dialogs."""
        self.ensure_one()
        now = fields.Datetime.now()
        if self.last_ping_at and (now - self.last_ping_at).total_seconds() < FRESH:
            return
        # Elevated: users may ping a terminal without access to the credentials.
        client = self.sudo().provider_id._clover_client()
        env, terminal_id, serial = self.env, self.id, self.serial

        def ping():
            answer = _ask(client, serial)
            in_own_transaction(
                env, lambda own: own["clover.terminal"].browse(terminal_id)._record_contact(*answer)
            )

        long_calls.detach(f"ping of terminal {serial}", ping)

    def _record_contact(self, status, error):
        """Store the result of a call to the device, and notify open dialogs.

        :param str status: the device's status in Clover's terms; None if it was not requested
        :param error: the error of the call, if any
        """
        self.ensure_one()
        now = fields.Datetime.now()
        values = {"last_status_at": now, "last_error": False}
        if error is None:
            values |= {"last_ping_at": now, "last_status": status or self.last_status}
        else:
            values["last_error"] = self._situation_sentence(situation_of_error(error))
        # Elevated: users may not write the answers of a device.
        self.sudo().write(values)
        self.env["bus.bus"]._sendone(self._channel(), "fusion_clover.terminal", {"id": self.id})

    def _channel(self):
        """Return the bus channel that announces changes of the terminal, without their content."""
        return f"fusion_clover.terminal/{self.serial}"

    def _contact_sentence(self):
        """Return a sentence on the result and age of the last contact."""
        self.ensure_one()
        if self.last_error:
            return self.env._(
                "%(reason)s (Asked %(age)s ago.)",
                reason=self.last_error,
                age=self._age(self.last_status_at),
            )
        if not self.last_ping_at:
            return self.env._("%s was not asked yet.", self.name)
        age = self._age(self.last_ping_at)
        if self.last_ping_at < fields.Datetime.now() - timedelta(seconds=STALE):
            return self.env._(
                "%(terminal)s answered %(age)s ago. How it is now is not known.",
                terminal=self.name,
                age=age,
            )
        if self.last_status and self.last_status != IDLE:
            return self.env._(
                "%(terminal)s answered %(age)s ago and is busy.", terminal=self.name, age=age
            )
        return self.env._(
            "%(terminal)s is ready (answered %(age)s ago).", terminal=self.name, age=age
        )

    def _age(self, moment):
        """Return the time since a moment in the user's language: ``3 seconds``, ``2 days``."""
        locale = babel_locale_parse(get_lang(self.env).code)
        return format_timedelta(fields.Datetime.now() - moment, threshold=1.5, locale=locale)

    def _notification(self):
        troubled = self.filtered("last_error")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if troubled else "success",
                "message": "\n".join(one._contact_sentence() for one in self),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _situation_sentence(self, situation):
        """Return what a situation means, as a sentence that a clerk can act on."""
        return self.env["payment.transaction"]._clover_terminal_sentence(situation)


def _ask(client, serial):
    """Return ``(status, error)`` of the device; one of them is None."""
    try:
        return client.terminals.status(serial), None
    except GatewayError as error:
        return None, error
