"""Keep card numbers and credentials out of every log of the process.

This covers all loggers, not only the suite's: an Odoo traceback, a failed SQL statement or a line
of the access log may contain what a user typed or a provider sent.
"""

import logging
import re

from ..lib.redaction import RedactingFilter

#: Cheap test whether a record must be searched: twelve digits, or a word that precedes a
#: credential.
_SUSPICIOUS = re.compile(
    r"\d(?:[ -]?\d){11}|bearer|clv_|whsec_|secret|token|passw|api_?key|authorization|cvv|cvc|code=",
    re.IGNORECASE,
)


class LogRedaction(RedactingFilter):
    """Redact the records that may need it; leave all others unchanged."""

    def filter(self, record):
        """Return True always; see :class:`RedactingFilter`."""
        if record.exc_info or record.stack_info or _is_suspicious(record):
            return super().filter(record)
        return True


def _is_suspicious(record):
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError, IndexError):
        return True
    return bool(_SUSPICIOUS.search(message))


def install():
    """Add the redaction to every handler of the root logger, once per process."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(existing, LogRedaction) for existing in handler.filters):
            handler.addFilter(LogRedaction())
