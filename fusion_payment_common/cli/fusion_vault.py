"""``odoo fusion_vault``: manage the keys of the vault from the server's command line."""

import sys

from odoo.cli.command import Command
from odoo.modules.module import initialize_sys_path
from odoo.modules.registry import Registry
from odoo.tools import config


class FusionVault(Command):
    """Generate an encryption key, check the configured ones, or re-encrypt under the first"""

    name = "fusion_vault"

    def __init__(self):
        super().__init__()
        self.parser.add_argument("-c", "--config", help="configuration file of the server")
        self.parser.add_argument("-d", "--database", help="database name")
        self.parser.add_argument("action", choices=["generate-key", "check", "rotate"])

    def run(self, args):
        """Run the command; exit status 1 when stored values cannot be read."""
        given = self.parser.parse_args(args)
        options = ["--no-http"]
        options += ["-c", given.config] if given.config else []
        options += ["-d", given.database] if given.database else []
        config.parse_config(options, setup_logging=True)
        initialize_sys_path()
        if given.action == "generate-key":
            from odoo.addons.fusion_payment_common.lib.vault import generate_key

            sys.stdout.write(generate_key() + "\n")
            return
        if len(config["db_name"]) != 1:
            sys.exit("Give one database with -d.")
        sys.exit(self._with_database(config["db_name"][0], given.action))

    @staticmethod
    def _with_database(name, action):
        from odoo.addons.fusion_payment_common.tools.cursors import database_environment

        with database_environment(Registry(name)) as env:
            vault = env["fusion.vault"]
            if problem := vault._problem():
                return problem
            if action == "check":
                if not vault._opens_newest():
                    return "The configured keys do not open the stored values."
                sys.stdout.write("The configured keys open the stored values.\n")
                return 0
            rotation = vault._rotate()
            sys.stdout.write(f"Re-encrypted under the first key: {rotation.rotated}\n")
            for model, row_id in rotation.unreadable:
                sys.stdout.write(f"No configured key opens {model} {row_id}\n")
            return 1 if rotation.unreadable else 0
