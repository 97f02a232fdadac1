"""Run a command while busy loops occupy the processors: ``python -m dev.busy COMMAND...``.

LOAD is the number of loops, by default one per processor. Tests that only pass on an idle machine
fail here. ``FAILED_...`` name the tests that have ever failed without a fault in what they test,
or beside it; whoever mends one adds it, so that it is repeated under load every night.
"""

import os
import signal
import subprocess
import sys

#: Names as pytest's -k takes them.
FAILED_IN_BROWSERS = " or ".join((
    # killed servers: the time until the schedules have made good for it
    "test_killed",
    # the security code was empty, because the browser gives typed text to what has the focus
    "test_portal",
    "test_portal_orders",
    # a new tenant of the dispatcher: two servers and a database that is down
    "test_dispatcher",
    # opened forms of lists that have none
    "test_every_menu_of_a_role_can_be_used",
))  # fmt: skip
FAILED_IN_PURE = " or ".join((
    # took the moment at which a process got the processor for that at which a call may begin
    "test_four_processes_keep_to_the_limit_together",
))  # fmt: skip
FAILED_IN_ODOO = " or ".join((
    # timers of the process used the connection of the test beside it
    "test_real_transactions",
    "test_restart",
    "test_queue",
    # a registry that was loaded again while threads of the test were at work
    "test_js",
))  # fmt: skip

_LOOP = "while True: pass"


def main(command: list[str]) -> int:
    """Return the exit status of the command."""
    count = int(os.environ.get("LOAD") or os.cpu_count() or 1)
    loops = [subprocess.Popen([sys.executable, "-c", _LOOP]) for _ in range(count)]
    try:
        process = subprocess.Popen(command)
        # Whoever ends this ends the command, which decides how.
        signal.signal(signal.SIGINT, lambda number, frame: process.send_signal(number))
        return process.wait()
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
