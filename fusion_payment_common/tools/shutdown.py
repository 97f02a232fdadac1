"""Whether the server wants this process to end."""

import signal

from odoo.service.server import ThreadedServer, Worker


def is_requested():
    """Return True once this process was told to stop, so that no new work should be begun.

    A prefork worker and the threaded server both note the signal on the object whose method is the
    handler; there is no public way to ask.
    """
    owner = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    if isinstance(owner, Worker):
        return not owner.alive
    return isinstance(owner, ThreadedServer) and owner.quit_signals_received > 0
