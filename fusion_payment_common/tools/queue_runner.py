"""The loop of every queue of the suite: claim rows, call in threads, commit each result."""

import logging
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

_logger = logging.getLogger(__name__)

#: Seconds between two claims while calls are running: claiming a few rows costs as much as one.
BATCH_PAUSE = 0.01
#: The same while less than half of the threads are free.
CLAIM_PAUSE = 0.05
#: Seconds between two claims when the last one found nothing.
IDLE_PAUSE = 0.25
#: A claim of at least this many rows means that there is work for another worker.
DEEP = 8


@dataclass(eq=False)
class Claim:
    """One row that this run owns until its lease ends.

    :param owner: the lease's owner; a result only counts while it still is.
    :param group: rows of one group share a limit, so that none can take every thread.
    :param is_long: its call may take minutes: the run does not wait for it.
    :param data: whatever the model wants to keep between its hooks.
    """

    record_id: int
    owner: str
    group: int | None = None
    is_long: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The value that a call returned, or the exception that it raised."""

    value: Any = None
    error: BaseException | None = None

    def result(self):
        """Return the value.

        :raise BaseException: the call raised it
        """
        if self.error is not None:
            raise self.error
        return self.value


class QueueRunner:
    """Work on the due rows of one model until none is left or it is told to stop.

    The calls run in threads and do not use the database. Everything else runs in the thread that
    called :meth:`run`, in transactions that the model opens.

    :param model: a recordset of a model with the hooks of ``fusion.queue.mixin``
    :param int threads: number of parallel calls
    :param float lease_seconds: length of a lease; it is renewed every third of that during a call
    :param may_continue: called with the number of rows finished since its last call and with
        whether more may be due; returns False when no more may be claimed
    :param int limit: maximum number of rows to claim
    :param start_long: called with the model, claim and call of a call that takes minutes; by
        default the run waits for it like any other
    """

    def __init__(
        self, model, *, threads, lease_seconds, may_continue, limit=None, start_long=None
    ):
        self.model = model
        self.threads = threads
        self.lease_seconds = lease_seconds
        self.may_continue = may_continue
        self.limit = limit
        self.start_long = start_long
        self.finished = 0
        self.claimed = 0
        #: Whether more rows may be due: the last claim was not empty.
        self.has_more = False
        #: Whether there is work for another worker: a claim was full or large.
        self.is_deep = False
        self._reported = 0
        self._accepting = True
        self._running = {}
        self._next_claim = 0.0
        self._next_heartbeat = time.monotonic() + lease_seconds / 3

    def run(self):
        """Run until no row is due; return how many rows were finished.

        If told to stop, wait for the running calls and commit their results.
        """
        with ThreadPoolExecutor(self.threads, thread_name_prefix=self.model._name) as self._pool:
            while True:
                self._fill()
                if self._running:
                    self._collect()
                    self._heartbeat()
                    continue
                # Rows without a call have taken time as well.
                self._report()
                if not self.has_more or not self._accepting:
                    break
        return self.finished

    # --- claim ------------------------------------------------------------------------------

    def _fill(self):
        free = self._room()
        if not free:
            return
        claims = self.model._queue_claim(free, self._running_by_group())
        self.has_more = bool(claims)
        self.claimed += len(claims)
        self._next_claim = time.monotonic() + self._pause_after(claims)
        if len(claims) >= max(2, min(free, DEEP)) and not self.is_deep:
            self.is_deep = True
            self.model._queue_is_deep()
        if claims:
            waiting = self._prepared(claims)
            while waiting:
                self._submit(*waiting.pop(0))
                # Finishing a row without a call may take as long as a call.
                self._heartbeat(claim for claim, _call in waiting)

    def _room(self):
        """Return how many rows to claim now; 0 when it is better to wait for a larger claim."""
        free = self.threads - len(self._running)
        if self.limit is not None:
            free = min(free, self.limit - self.claimed)
            self._accepting = self._accepting and self.claimed < self.limit
        if not self._accepting:
            return 0
        if self._running and time.monotonic() < self._next_claim:
            return 0
        return free

    def _pause_after(self, claims):
        if not claims:
            return IDLE_PAUSE
        is_half_free = (len(self._running) + len(claims)) * 2 <= self.threads
        return BATCH_PAUSE if is_half_free else CLAIM_PAUSE

    def _running_by_group(self):
        groups = {}
        for claim in self._running.values():
            if claim.group is not None:
                groups[claim.group] = groups.get(claim.group, 0) + 1
        return groups

    def _prepared(self, claims):
        try:
            return list(self.model._queue_prepare(claims))
        except Exception:
            # Nothing was sent. The rows are due again when their leases end.
            _logger.exception("%s: a batch could not be prepared", self.model._name)
            self.finished += len(claims)
            return []

    def _submit(self, claim, call):
        if call is None:
            self._finish(claim, Outcome())
        elif claim.is_long and self.start_long:
            self.start_long(self.model, claim, call)
            self.finished += 1
        else:
            self._running[self._pool.submit(outcome_of, call)] = claim

    # --- results ----------------------------------------------------------------------------

    def _collect(self):
        pause = IDLE_PAUSE
        if self._accepting:
            pause = min(max(self._next_claim - time.monotonic(), 0.001), IDLE_PAUSE)
        done, _ = wait(self._running, timeout=pause, return_when=FIRST_COMPLETED)
        for future in done:
            self._finish(self._running.pop(future), future.result())
        if done:
            # A finished row may make the next one of its group claimable.
            self._next_claim = min(self._next_claim, time.monotonic() + CLAIM_PAUSE)
            self._report()

    def _finish(self, claim, outcome):
        try:
            following = self.model._queue_finish(claim, outcome)
        except Exception:
            # A failure must not delay the others. When its lease ends, the row is due again.
            _logger.exception(
                "%s: the result of row %s could not be stored", self.model._name, claim.record_id
            )
            following = None
        if following is not None:
            self._submit(claim, following)
        else:
            self.finished += 1

    def _report(self):
        if self.may_continue(self.finished - self._reported, self.has_more) is False:
            self._accepting = False
        self._reported = self.finished

    def _heartbeat(self, waiting=()):
        now = time.monotonic()
        if now < self._next_heartbeat:
            return
        self._next_heartbeat = now + self.lease_seconds / 3
        self.model._queue_extend([*self._running.values(), *waiting])


def outcome_of(call):
    """Run ``call`` and return its outcome; catch every exception, so that none is lost."""
    try:
        return Outcome(value=call())
    except BaseException as error:
        return Outcome(error=error)
