from odoo import api, fields, models

TO_DO = "mail.mail_activity_data_todo"
MANAGER_GROUP = "fusion_payment_common.group_fusion_manager"


class MailActivity(models.Model):
    _inherit = "mail.activity"

    # Not for users: one who could write it could suppress an alert.
    fusion_reason = fields.Char(readonly=True, copy=False, groups="base.group_system")


class FusionAlert(models.AbstractModel):
    """Alerts: who gets an activity when something needs a person, one open activity per reason."""

    _name = "fusion.alert"
    _description = "Alert"

    @api.model
    def _schedule_once(self, document, reason, users, *, summary, note, kind=TO_DO, **values):
        """Schedule an activity on a document, unless one is open there for the same reason.

        :param document: one record of a model with activities
        :param str reason: what it is about; two reasons make two activities
        :param users: who gets one each, see :meth:`_recipients` and :meth:`_recipient`
        :param str kind: external id of the activity's type
        :param values: further values of the activity, e.g. ``date_deadline``
        """
        # Elevated: the current user need not be able to write the document.
        document = document.sudo()
        if reason in document.activity_ids.mapped("fusion_reason"):
            return
        for user in users:
            document.activity_schedule(
                kind,
                summary=summary,
                note=note,
                user_id=user.id,
                fusion_reason=reason,
                **values,
            )

    @api.model
    def _recipients(self, group, company, *, besides=None):
        """Return the users of a group who have access to the company.

        Without any, administrators with access to the company, else those of the database:
        an alert always reaches somebody.

        :param str group: external id
        :param company: empty for what concerns the whole database
        :param besides: users to leave out, e.g. the requester of an approval
        """
        others = besides or self.env["res.users"]
        members = self._members(group) - others
        administrators = self._members("base.group_system") - others
        return (
            members.filtered(lambda user: self._may_receive(user, company))
            or administrators.filtered(lambda user: self._may_receive(user, company))
            or administrators.filtered(lambda user: self._may_receive(user, None))
        )

    @api.model
    def _recipient(self, company, *, preferred=None, group=MANAGER_GROUP):
        """Return one user: the preferred one where possible, else the first of the group."""
        # Elevated: not every user may read users.
        preferred = (preferred or self.env["res.users"]).sudo()
        if preferred and self._may_receive(preferred, company):
            return preferred
        return self._recipients(group, company)[:1]

    @api.model
    def _members(self, group):
        # Elevated: workers and clerks need not be allowed to read groups.
        return self.env.ref(group).sudo().all_user_ids.sorted("id")

    @api.model
    def _may_receive(self, user, company):
        """Return whether it is an active internal user, not OdooBot, with access to the company."""
        is_colleague = user.active and not user.share and not user._is_superuser()
        return is_colleague and (not company or company in user.company_ids)
