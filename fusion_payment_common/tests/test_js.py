import re

from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestJs(HttpCase):
    def test_the_unit_tests_of_the_backend_pass_in_a_browser(self):
        with self.assertLogs(self._logger, "INFO") as logs:
            self.browser_js(
                "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
                "&filter=%40fusion_payment_common",
                "",
                "",
                login="admin",
                timeout=300,
                success_signal="[HOOT] Test suite succeeded",
                error_checker=lambda message: "[HOOT]" not in message,
            )
        passed = re.search(r"\[HOOT\] Passed (\d+) tests", "\n".join(logs.output))
        self.assertGreater(int(passed[1]), 0, "A bundle without tests succeeds as well.")
