import logging

from odoo.tests import BaseCase, tagged

from ..tools import log_redaction
from .canaries import PANS, captured_log

_logger = logging.getLogger("some.other.addon")


@tagged("post_install", "-at_install")
class TestLogRedaction(BaseCase):
    def test_card_numbers_disappear_from_any_logger(self):
        with captured_log() as stream:
            for pan in PANS:
                _logger.info("bad query: INSERT %s", {"number": pan})
                _logger.warning("card %s", " ".join(pan))
        logged = stream.getvalue()
        self.assertEqual(logged.count("some.other.addon"), 2 * len(PANS))
        for pan in PANS:
            self.assertNotIn(pan, logged)
            self.assertNotIn(" ".join(pan), logged)

    def test_card_numbers_disappear_from_tracebacks(self):
        with captured_log() as stream:
            try:
                raise ValueError(f"cannot use {PANS[0]}")
            except ValueError:
                _logger.exception("oops")
        self.assertIn("ValueError", stream.getvalue())
        self.assertNotIn(PANS[0], stream.getvalue())

    def test_credentials_disappear(self):
        with captured_log() as stream:
            _logger.info("Authorization: Bearer %s", "abcdefghijklmnopqrstuvwxyz012345")
            _logger.info("token=%s", "clv_1AfBAtVkuMjV1Mwj6fQDUApJA")
        self.assertNotIn("abcdefghijklmnopqrstuvwxyz012345", stream.getvalue())
        self.assertNotIn("AtVkuMjV1Mwj6fQ", stream.getvalue())

    def test_harmless_records_stay_as_they_are(self):
        record = logging.LogRecord("x", logging.INFO, "f", 1, "Invoice %s of %s", ("A", 12), None)
        self.assertTrue(log_redaction.LogRedaction().filter(record))
        self.assertEqual(record.args, ("A", 12))

    def test_every_handler_of_the_server_has_it_once(self):
        handler = logging.StreamHandler()
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)
        log_redaction.install()
        log_redaction.install()
        filters = [item for item in handler.filters if isinstance(item, log_redaction.LogRedaction)]
        self.assertEqual(len(filters), 1)
