import hashlib
import logging
import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

_logger = logging.getLogger(__name__)

#: Seconds before its expiry at which an access token is renewed, and what chance may add to it so
#: that many servers do not all find it too old at the same moment.
REFRESH_MARGIN = 60.0
REFRESH_JITTER = 30.0
#: Seconds within which a refused token that was only just obtained because of a refusal means: the
#: app lacks a permission. "401-unauthorized", docs.clover.com: both are the same status.
DOUBT_WINDOW = 60
#: Days after which tokens are renewed although nobody used them; at half of a refresh token's life
#: if that comes earlier. Clover's FAQ asks not to rely on any particular life time.
IDLE_DAYS = 7
#: Who may connect.
ADMINISTRATORS = "base.group_system"


@dataclass(frozen=True, slots=True)
class Obtained:
    """A token, or why there is none; returned so that what was learnt is committed either way."""

    token: str | None = None
    error: errors.GatewayError | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What somebody wants a token for.

    :param asked_at: unix seconds; a failure later than this answers them as well.
    :param margin: seconds of life the token needs to have left.
    :param rejected: the token that Clover has just refused.
    :param idle: only tokens that nobody has used for long are to be renewed.
    """

    asked_at: float
    margin: float = REFRESH_MARGIN
    rejected: str | None = None
    idle: bool = False


class CloverOAuthToken(models.Model):
    """Keeping a connection alive: renewed ahead of need, once on refusal, recovered when lost."""

    _inherit = "clover.oauth.token"

    def _authorizer(self):
        """Return the source of access tokens for a client; usable from any thread."""
        self.ensure_one()
        return _Authorizer(self.env, self.id)

    @api.model
    def _cron_renew_idle(self):
        """Renew the tokens that nobody has used for long, so that no connection dies of age.

        Also those of the environment or app that the provider does not use at present: they are
        there when it goes back.
        """
        due = self.search([("error", "=", False)]).filtered(lambda token: token._is_idle())
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for token in due:
            try:
                token._authorizer().renew_idle()
            except errors.GatewayError as error:
                _logger.info("Clover's tokens were not renewed, later again: %s", error)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _is_idle(self):
        self.ensure_one()
        if not self.refresh_token or not self.rotated_at:
            return False
        latest = self.rotated_at + timedelta(days=IDLE_DAYS)
        if self.refresh_expires_at:
            latest = min(latest, self.rotated_at + (self.refresh_expires_at - self.rotated_at) / 2)
        return fields.Datetime.now() >= latest

    def _usable_token(self, need):
        """Return the access token that serves the need without asking Clover, else None."""
        self.ensure_one()
        if need.idle:
            return None if self._is_idle() else self.access_token
        if need.rejected is not None:
            return self.access_token if self.access_token != need.rejected else None
        return self.access_token if self._lives_for(need.margin) else None

    def _lives_for(self, seconds):
        """Return whether the access token lives that long, or half of the life it was given."""
        if not self.access_expires_at:
            return True
        seconds = min(seconds, self.access_lifetime / 2)
        return self.access_expires_at > fields.Datetime.now() + timedelta(seconds=seconds)

    def _obtain_locked(self, need):
        """Renew the tokens unless somebody else just did.

        To be called in a transaction of its own, which waits here for whoever renews right now.
        """
        self.env.cr.execute("SELECT 1 FROM clover_oauth_token WHERE id = %s FOR UPDATE", [self.id])
        if not self.env.cr.rowcount:
            return Obtained(error=_not_connected())
        self.invalidate_recordset()
        if self.error:
            return Obtained(error=_lost())
        usable = self._usable_token(need)
        if usable:
            return Obtained(usable)
        if need.rejected and self._is_doubted():
            return Obtained(
                error=errors.PermissionDeniedError(
                    "Clover refuses a token that is new", code="missing_permission"
                )
            )
        if self.failed_at >= need.asked_at:
            return self._despite(_unanswered(), need)
        return self._renew(need)

    def _is_doubted(self):
        recently = fields.Datetime.now() - timedelta(seconds=DOUBT_WINDOW)
        return self.doubted_token_hash == _hash(self.access_token) and self.rotated_at > recently

    def _renew(self, need):
        if not self.refresh_token:
            return self._without_refresh_token(need)
        try:
            pair = self._refreshed_or_recovered()
        except errors.AuthenticationError as error:
            self._declare_lost(error)
            return Obtained(error=_lost())
        except errors.GatewayError as error:
            self.failed_at = time.time()
            return self._despite(error, need)
        self.write(
            {
                "previous_refresh_token": self.refresh_token,
                **self._pair_values(pair),
                "doubted_token_hash": need.rejected is not None and _hash(pair.access_token),
            }
        )
        self._forget_alarm()
        return Obtained(pair.access_token)

    def _forget_alarm(self):
        """Call nobody any more: it works again."""
        self.activity_unlink(["mail.mail_activity_data_warning"])

    def _despite(self, error, need):
        """Return the present token if it still lives although it could not be renewed."""
        if need.rejected is None and self._lives_for(0):
            return Obtained(self.access_token)
        return Obtained(error=error)

    def _without_refresh_token(self, need):
        if need.rejected is not None:
            # A legacy token: whether it is dead or lacks a permission cannot be told apart.
            return Obtained()
        self._declare_lost(errors.AuthenticationError("the token expired and cannot be renewed"))
        return Obtained(error=_lost())

    def _refreshed_or_recovered(self):
        """Return a new pair; once a refreshed pair got lost on its way to us, recover from that.

        "Refresh access tokens", docs.clover.com: the token that was used last recovers the pair it
        was exchanged for. That is our present one when its answer never reached the database, which
        Clover says when it refuses it; else the one before it. One of them is tried, once.

        :raise AuthenticationError: nothing works any more
        """
        client = self.provider_id._clover_oauth_client(self)
        try:
            return client.refresh(self.refresh_token)
        except errors.AuthenticationError as error:
            if not client.has_secret:
                # Of an app that was replaced by another: only its secret recovers anything.
                raise
            is_present_used = getattr(error, "recovery_available", False)
        previous = False if is_present_used else self.previous_refresh_token
        return client.recover(previous or self.refresh_token)

    def _declare_lost(self, error):
        """Remember that only a new connection helps, and have somebody make it.

        Nobody is called for a connection that the provider does not use at present.
        """
        _logger.warning("Clover refused to renew the tokens of merchant %s", self.merchant_id)
        self.error = str(error)
        if self._is_current():
            self.env["fusion.alert"]._schedule_once(
                self,
                "connection_lost",
                self._responsible(),
                kind="mail.mail_activity_data_warning",
                summary=self.env._("Clover connection lost: reconnect"),
                note=self.env._(
                    "Clover no longer accepts the tokens of %(merchant)s. No card can be charged "
                    "until somebody opens this and clicks Reconnect. Nothing is lost.",
                    merchant=self.merchant_name or self.merchant_id,
                ),
            )

    def _responsible(self):
        """Return who connected, while they may still do it; else an administrator."""
        connected = self.user_id
        may_connect = connected.has_group(ADMINISTRATORS) if connected else False
        return self.env["fusion.alert"]._recipient(
            self.provider_id.company_id,
            preferred=connected if may_connect else None,
            group=ADMINISTRATORS,
        )

    def _give_another_chance(self):
        """Let a connection that was declared lost try once more; for whoever asks for it."""
        in_own_transaction(
            self.env, lambda env: env[self._name].browse(self.ids).exists().write({"error": False})
        )


class _Authorizer:
    """Access tokens for :class:`~odoo.addons.fusion_payment_common.lib.api_client.ApiClient`."""

    #: One renewal at a time in this process, and a few looks at the tokens: whoever waits for that
    #: holds no database connection beside the one of the caller.
    _flights: dict[tuple[str, int], threading.Lock] = defaultdict(threading.Lock)
    _looks = threading.BoundedSemaphore(4)

    def __init__(self, env, token_id):
        self._env = env
        self._token_id = token_id

    def token(self):
        """Return a token that lives long enough for a call, renewed if need be.

        :raise GatewayError: there is none
        """
        # No secret: it spreads renewals over time.
        margin = REFRESH_MARGIN + random.uniform(0.0, REFRESH_JITTER)
        return self._obtained(Need(time.time(), margin=margin))

    def refresh(self, rejected):
        """Return a token other than the refused one, None if it cannot be renewed.

        :raise GatewayError: there is none, and why
        """
        return self._obtained(Need(time.time(), rejected=rejected))

    def renew_idle(self):
        """Renew tokens that nobody has used for long; Clover is not asked about others.

        :raise GatewayError: they could not be renewed
        """
        self._obtained(Need(time.time(), idle=True))

    def _obtained(self, need):
        with self._looks:
            obtained = self._in_own_transaction(self._look, need)
        if obtained is None:
            with self._flights[self._env.cr.dbname, self._token_id]:
                obtained = self._in_own_transaction(
                    lambda record, need: record._obtain_locked(need), need
                )
        if obtained.error:
            raise obtained.error
        return obtained.token

    def _look(self, record, need):
        """Return what can be had without a lock; None if the tokens have to be renewed."""
        if not record.exists():
            return Obtained(error=_not_connected())
        if record.error:
            return Obtained(error=_lost())
        usable = record._usable_token(need)
        return Obtained(usable) if usable else None

    def _in_own_transaction(self, function, need):
        return in_own_transaction(
            self._env, lambda env: function(env["clover.oauth.token"].browse(self._token_id), need)
        )


def _hash(token):
    return hashlib.sha256(token.encode()).hexdigest()


def _lost():
    return errors.AuthenticationError(
        "Clover no longer accepts the tokens of this connection", code="connection_lost"
    )


def _not_connected():
    return errors.ConfigurationError("Clover is not connected", code="no_access_token")


def _unanswered():
    return errors.NotSentError(
        "Clover has not answered when the tokens were to be renewed", code="renewal_failed"
    )
