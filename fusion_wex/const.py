"""Names that the addon's models share."""

PROVIDER_CODE = "wex"
MODULE = "fusion_wex"

#: Sent as the application's version in the User-Agent header.
APP_VERSION = "19.0.2.0.0"

#: System parameter: one origin (https or loopback) that accounts in test state talk to instead of
#: the built-in simulated answers. Enabled accounts never look at it.
SANDBOX_ORIGIN_PARAMETER = "fusion_wex.sandbox_origin"

#: Seconds for which WEX is tried to be reached before an issue is given up unsent.
SEND_WITHIN = 4 * 3600.0

USER_GROUP = "fusion_wex.group_wex_user"
APPROVER_GROUP = "fusion_wex.group_wex_approver"
MANAGER_GROUP = "fusion_wex.group_wex_manager"
