"""Timers of this process. They are lost in a restart, so nothing may depend on them."""

import threading

from odoo.modules import module


def start(delay, function, *args):
    """Call ``function(*args)`` in a new thread ``delay`` seconds from now.

    The function is not called while a test runs: all cursors of the process then share the test's
    connection, which the test uses without a lock. In a server that also runs tests, a timer may
    fire at any time.

    :return: the running :class:`threading.Timer`
    """
    timer = threading.Timer(max(delay, 0.0), _unless_tested, (function, args))
    timer.daemon = True
    timer.start()
    return timer


def _unless_tested(function, args):
    if not module.current_test:
        function(*args)
