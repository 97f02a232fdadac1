"""Tell whether the server is stopping this process."""

import signal

from odoo.service.server import ThreadedServer, Worker


def is_requested():
    """Return whether this process was told to stop and should start no new work.

    A prefork worker and the threaded server both note the signal on the object whose method is the
    signal handler. Odoo has no public method to read it.
    """
    owner = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    if isinstance(owner, Worker):
        return not owner.alive
    return isinstance(owner, ThreadedServer) and owner.quit_signals_received > 0
