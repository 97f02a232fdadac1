from odoo import api, fields, models

TO_DO = "mail.mail_activity_data_todo"
MANAGER_GROUP = "fusion_payment_common.group_fusion_manager"


class MailActivity(models.Model):
    _inherit = "mail.activity"

    # Not for users: whoever could write it could keep an alert from being made.
    fusion_reason = fields.Char(readonly=True, copy=False, groups="base.group_system")


class FusionAlert(models.AbstractModel):
    """Who is told when something needs a person, and how: one open activity for each reason."""

    _name = "fusion.alert"
    _description = "Who Is Told"

    @api.model
    def _tell(self, document, reason, users, *, summary, note, kind=TO_DO, **values):
        """Schedule a to-do on a document, unless one is open there for the same reason.

        :param document: one record of a model with activities
        :param str reason: what it is about; two reasons make two activities
        :param users: who gets one each, see :meth:`_people` and :meth:`_person`
        :param str kind: external id of the activity's type
        :param values: further values of the activity, e.g. ``date_deadline``
        """
        # Elevated: whoever is told about a document, others may be at work on it.
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
    def _people(self, group, company, *, besides=None):
        """Return all who are told: users of a group with access to the company.

        Where there are none, its administrators; and where these are missing too, those of the
        database, because somebody has to know.

        :param str group: external id
        :param company: empty for what concerns the whole database
        :param besides: users who must not be told, e.g. whoever asks for an approval
        """
        others = besides or self.env["res.users"]
        members = self._members(group) - others
        administrators = self._members("base.group_system") - others
        return (
            members.filtered(lambda user: self._may_be_told(user, company))
            or administrators.filtered(lambda user: self._may_be_told(user, company))
            or administrators.filtered(lambda user: self._may_be_told(user, None))
        )

    @api.model
    def _person(self, company, *, preferred=None, group=MANAGER_GROUP):
        """Return the one user who is told: the preferred one where possible, else of the group."""
        # Elevated: users are not everybody's to read.
        preferred = (preferred or self.env["res.users"]).sudo()
        if preferred and self._may_be_told(preferred, company):
            return preferred
        return self._people(group, company)[:1]

    @api.model
    def _members(self, group):
        # Elevated: workers and clerks need not be allowed to read groups.
        return self.env.ref(group).sudo().all_user_ids.sorted("id")

    @api.model
    def _may_be_told(self, user, company):
        """Return whether the user works here, with access to the company: no portal, no robot."""
        is_colleague = user.active and not user.share and not user._is_superuser()
        return is_colleague and (not company or company in user.company_ids)
