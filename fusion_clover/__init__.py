from odoo.addons.payment import reset_payment_provider, setup_provider

from . import controllers, models, wizards


def post_init_hook(env):
    setup_provider(env, "clover")


def uninstall_hook(env):
    reset_payment_provider(env, "clover")
