"""Timers of the process: conveniences that a restart may lose."""

import threading

from odoo.modules import module


def start(delay, function, *args):
    """Call ``function(*args)`` in a thread of its own ``delay`` seconds from now.

    Not while a test runs: all cursors of the process then share the test's connection, which the
    test uses without a lock. A server that is started with its tests may fire at any moment.

    :return: the running :class:`threading.Timer`
    """
    timer = threading.Timer(max(delay, 0.0), _unless_tested, (function, args))
    timer.daemon = True
    timer.start()
    return timer


def _unless_tested(function, args):
    if not module.current_test:
        function(*args)
