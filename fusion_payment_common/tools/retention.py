"""How long rows are kept that only serve as a trail."""


def days_to_keep(env, parameter, default):
    """Return the days that a system parameter says; 0 or less is for ever.

    What is no number counts as ``default``: too long is better than too short for a trail.
    """
    # Elevated: system parameters are for administrators only.
    value = env["ir.config_parameter"].sudo().get_param(parameter)
    try:
        return int(value) if value else default
    except ValueError:
        return default
