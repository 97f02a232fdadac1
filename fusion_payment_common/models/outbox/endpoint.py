import hashlib
import random
import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...lib import addresses, delivery, errors, retry, signing

_random = random.SystemRandom()

#: System parameter: internal networks (10.1.0.0/16, ...) that deliveries may be sent to.
NETWORKS_PARAMETER = "fusion_payment_common.delivery_allowed_networks"

#: Initial values of an endpoint, by profile. The proxy's figures are those of the program that the
#: suite replaces (its MAX_DOWNSTREAM, ACK_TIMEOUT_SECONDS, DOWNSTREAM_RETRY_BASE_SECONDS and
#: DOWNSTREAM_POST_TIMEOUT_SECONDS); its receivers verify no signature.
PROFILES = {
    "standard": {
        "retry_delays": "5, 30, 300, 1800, 7200, 21600",
        "retry_horizon_hours": 72,
        "ack_policy": "status",
        "ack_timeout": 60,
        "post_timeout": 15,
        "is_signed": True,
    },
    "proxy": {
        "retry_delays": "2, 4, 8, 16",
        "retry_horizon_hours": 0,
        "ack_policy": "explicit",
        "ack_timeout": 10,
        "post_timeout": 10,
        "is_signed": False,
    },
}


class FusionDeliveryEndpoint(models.Model):
    """Another system that receives deliveries: its address and its settings."""

    _name = "fusion.delivery.endpoint"
    _description = "Delivery Endpoint"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("enabled", "Enabled")],
        required=True,
        default="enabled",
        copy=False,
        tracking=True,
        help="In test state, deliveries may go to a program on this very machine, without TLS.",
    )
    disabled_reason = fields.Char(readonly=True, copy=False)
    url = fields.Char(string="URL", required=True, tracking=True)
    profile = fields.Selection(
        [("standard", "Standard Webhooks"), ("proxy", "Migrated from the old proxy")],
        required=True,
        default="standard",
        help="Fills in the settings below; each can be changed.",
    )
    body_format = fields.Selection(
        [(delivery.FLAT, "As it is"), (delivery.STANDARD, "Standard Webhooks (type, data)")],
        required=True,
        default=delivery.FLAT,
    )
    is_numbered = fields.Boolean(
        string="Id and Attempt in Body",
        default=True,
        help="Adds _delivery_id, the same for every attempt, and _delivery_attempt, which counts.",
    )

    # --- secrets, for the people who configure the receiver ---
    is_signed = fields.Boolean(
        string="Signed", help="Sends the headers of Standard Webhooks with an HMAC signature."
    )
    signing_secret = fields.Char(groups="fusion_payment_common.group_fusion_manager", copy=False)
    previous_signing_secret = fields.Char(
        groups="fusion_payment_common.group_fusion_manager", copy=False
    )
    previous_signing_secret_until = fields.Datetime(readonly=True, copy=False)
    ack_token = fields.Char(
        string="Acknowledgement Token",
        groups="fusion_payment_common.group_fusion_manager",
        copy=False,
        help="The receiver shows it when it acknowledges at /fusion/delivery/ack.",
    )
    previous_ack_token = fields.Char(
        groups="fusion_payment_common.group_fusion_manager", copy=False
    )
    previous_ack_token_until = fields.Datetime(readonly=True, copy=False)
    ack_token_digest = fields.Char(
        compute="_compute_digests",
        store=True,
        index="btree_not_null",
        groups="base.group_system",
        copy=False,
    )
    previous_ack_token_digest = fields.Char(
        compute="_compute_digests",
        store=True,
        index="btree_not_null",
        groups="base.group_system",
        copy=False,
    )

    # --- success and retries ---
    ack_policy = fields.Selection(
        [("status", "An answer of 2xx"), ("explicit", "A separate acknowledgement")],
        string="Delivered By",
        required=True,
        default="status",
    )
    ack_timeout = fields.Integer(
        string="Wait for Acknowledgement (s)",
        help="Seconds after an attempt before the next one is planned.",
    )
    post_timeout = fields.Integer(string="Timeout (s)", help="Seconds that an answer may take.")
    retry_delays = fields.Char(
        string="Delays (s)",
        help="Seconds between attempts, separated by commas; each is shortened at random by up to "
        "a half, so that endpoints are not all called at the same moment.",
    )
    retry_horizon_hours = fields.Integer(
        string="Horizon (h)",
        help="The last delay is repeated until so many hours have passed. 0: the list is the end.",
    )
    attempt_limit = fields.Integer(compute="_compute_attempt_limit", string="Attempts in All")
    is_ordered = fields.Boolean(
        string="In Order",
        default=False,
        help="One at a time, oldest first: the next delivery waits until this one arrived or was "
        "given up.",
    )
    max_parallel = fields.Integer(
        string="At Once",
        default=8,
        help="Calls that one worker makes to this endpoint at the same time.",
    )

    # --- observed state ---
    circuit_failures = fields.Integer(
        string="Failures in a Row", default=0, readonly=True, copy=False
    )
    circuit_open_until = fields.Datetime(
        string="Left Alone Until",
        readonly=True,
        copy=False,
        help="It failed several times in a row; until then nothing is sent, then one attempt.",
    )
    failing_since = fields.Datetime(readonly=True, copy=False)
    last_failed_at = fields.Datetime(readonly=True, copy=False, help="To the hour.")
    disable_after_hours = fields.Integer(
        string="Disable After (h)",
        default=120,
        help="Hours without a single success after which it is disabled. 0: never.",
    )
    last_success_at = fields.Datetime(compute="_compute_traffic")
    pending_count = fields.Integer(compute="_compute_traffic")
    dead_count = fields.Integer(compute="_compute_traffic")

    _positive_figures = models.Constraint(
        "CHECK (ack_timeout >= 0 AND post_timeout BETWEEN 1 AND 60 AND max_parallel > 0 "
        "AND retry_horizon_hours >= 0 AND disable_after_hours >= 0)",
        "Times cannot be negative, an answer may take from 1 to 60 seconds, and at least one call "
        "must be possible at once.",
    )

    # === COMPUTE METHODS === #

    @api.depends("ack_token", "previous_ack_token")
    def _compute_digests(self):
        for endpoint in self.sudo():
            endpoint.ack_token_digest = digest(endpoint.ack_token)
            endpoint.previous_ack_token_digest = digest(endpoint.previous_ack_token)

    @api.depends("retry_delays", "retry_horizon_hours")
    def _compute_attempt_limit(self):
        for endpoint in self:
            try:
                endpoint.attempt_limit = delivery.attempts_of(endpoint._schedule())
            except ValueError:
                endpoint.attempt_limit = 0

    def _compute_traffic(self):
        deliveries = self.env["fusion.delivery"]
        domain = fields.Domain("endpoint_id", "in", self.ids)
        pending = dict(
            deliveries._read_group(
                domain & fields.Domain("next_attempt_at", "!=", False), ["endpoint_id"], ["__count"]
            )
        )
        dead = dict(
            deliveries._read_group(
                domain & fields.Domain("state", "=", "dead"), ["endpoint_id"], ["__count"]
            )
        )
        for endpoint in self:
            # This reads one index entry per endpoint; a grouped maximum reads the whole table.
            latest = deliveries.search(
                [("endpoint_id", "=", endpoint.id), ("delivered_at", "!=", False)],
                order="delivered_at desc",
                limit=1,
            )
            endpoint.pending_count = pending.get(endpoint, 0)
            endpoint.dead_count = dead.get(endpoint, 0)
            endpoint.last_success_at = latest.delivered_at

    @api.onchange("profile")
    def _onchange_profile(self):
        self.update(PROFILES[self.profile])

    # === CONSTRAINT METHODS === #

    @api.constrains("url", "state")
    def _check_url(self):
        for endpoint in self:
            try:
                # A disabled endpoint may keep its URL from the test state.
                addresses.check_url(endpoint.url or "", allow_loopback=endpoint.state != "enabled")
            except errors.ConfigurationError as error:
                if error.code == "https_required":
                    raise ValidationError(
                        self.env._(
                            "The URL of %s must begin with https://. Plain http is possible to "
                            "this very machine only, and only in test state.",
                            endpoint.name,
                        )
                    ) from error
                raise ValidationError(
                    self.env._(
                        "%s is not a URL that can be delivered to. It needs a host, and neither a "
                        "user name, nor a password, nor a fragment.",
                        endpoint.url,
                    )
                ) from error

    @api.constrains("retry_delays", "retry_horizon_hours")
    def _check_schedule(self):
        for endpoint in self:
            try:
                endpoint._schedule()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "The delays of %s must be seconds separated by commas, such as 5, 30, 300; "
                        "none longer than a day, and the last one not 0 when there is a horizon.",
                        endpoint.name,
                    )
                ) from error

    @api.constrains("is_signed", "signing_secret", "ack_policy", "ack_token", "state")
    def _check_secrets(self):
        # Elevated: the check also runs for users who may not read the secrets. A disabled endpoint
        # may have none, as in a copy of a database; it needs them before it is enabled.
        for endpoint in self.sudo().filtered(lambda one: one.state != "disabled"):
            if endpoint.is_signed or endpoint.signing_secret:
                try:
                    signing.sign(endpoint.signing_secret or "", "check", 0, b"")
                except signing.SignatureError as error:
                    raise ValidationError(
                        self.env._(
                            "The signing secret of %s is missing or too short. Generate a new one.",
                            endpoint.name,
                        )
                    ) from error
            if endpoint.ack_policy == "explicit" and len(endpoint.ack_token or "") < 16:
                raise ValidationError(
                    self.env._(
                        "The acknowledgement token of %s needs at least 16 characters.",
                        endpoint.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `orm` to fill in the profile's figures and generate missing secrets."""
        for values in vals_list:
            profile = values.get("profile") or self.default_get(["profile"])["profile"]
            for name, value in PROFILES[profile].items():
                values.setdefault(name, value)
            values["signing_secret"] = values.get("signing_secret") or signing.generate_secret()
            values["ack_token"] = values.get("ack_token") or secrets.token_urlsafe(32)
        return super().create(vals_list)

    # === BUSINESS METHODS === #

    def _schedule(self):
        """Return the retry schedule.

        :raise ValueError: the delays are not a list of seconds
        """
        self.ensure_one()
        return delivery.parse_schedule(self.retry_delays or "", self.retry_horizon_hours)

    def _next_delay(self, attempts, retry_after=None):
        """Return the seconds until the attempt after ``attempts``, or None after the last one."""
        return retry.next_delay(
            self._schedule(), max(attempts, 1), retry_after=retry_after, rng=_random
        )

    def _secrets_in_force(self):
        """Return the secrets to sign with: the current one and, for a while, the previous one.

        :raise ConfigurationError: the endpoint is signed but has no secret; nothing may be sent
            unsigned instead
        """
        self.ensure_one()
        if not self.is_signed:
            return []
        if not self.signing_secret:
            raise errors.ConfigurationError("no signing secret", code="no_signing_secret")
        kept = self.previous_signing_secret_until
        is_kept = kept and kept > fields.Datetime.now()
        previous = self.previous_signing_secret if is_kept else None
        return [self.signing_secret, *([previous] if previous else [])]

    def _address_policy(self):
        """Return the policy for the addresses that this endpoint's host name may resolve to."""
        self.ensure_one()
        # Elevated: only administrators read system parameters, but the rule applies to all users.
        networks = self.env["ir.config_parameter"].sudo().get_param(NETWORKS_PARAMETER) or ""
        return addresses.AddressPolicy(
            allow_loopback=self.state == "test",
            allowed_networks=addresses.parse_networks(networks),
        )

    @api.model
    def _of_ack_token(self, token):
        """Return the endpoints whose acknowledgement token this is, compared in constant time."""
        if not token:
            return self.browse()
        given = digest(token)
        # Elevated: the caller is not authenticated yet. The digest is looked up, not the token:
        # how long the index takes says nothing about it.
        candidates = self.sudo().search(
            [("ack_token_digest", "=", given)], limit=100
        ) | self.sudo().search(
            [
                ("previous_ack_token_digest", "=", given),
                ("previous_ack_token_until", ">", fields.Datetime.now()),
            ],
            limit=100,
        )
        return candidates.filtered(
            lambda endpoint: (
                signing.constant_time_equal(given, endpoint.ack_token_digest or "")
                | signing.constant_time_equal(given, endpoint.previous_ack_token_digest or "")
            )
        )


def digest(token):
    """Return the digest by which a token is looked up; False without a token."""
    return hashlib.sha256(token.encode()).hexdigest() if token else False
