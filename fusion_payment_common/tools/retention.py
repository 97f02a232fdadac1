"""How long rows are kept that only serve as a trail."""


def days_to_keep(env, parameter, default):
    """Return the days that a system parameter sets; 0 or less keeps rows for ever.

    A value that is not a number counts as ``default``, so that a trail is not deleted too early.
    """
    # Elevated: system parameters are for administrators only.
    value = env["ir.config_parameter"].sudo().get_param(parameter)
    try:
        return int(value) if value else default
    except ValueError:
        return default
