"""How long a migration waits for locks, and how often it tries again: as in src/server/run/migrate/."""

import logging
import random
import time
from collections.abc import Iterator

import psycopg
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

LIMIT_MINUTES = 30
# Seconds.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0

log = logging.getLogger(__name__)


def attempts(reason: str) -> Iterator[None]:
    """Yields before each attempt, with longer and longer pauses. Fails with the reason after 30 minutes."""
    end = time.monotonic() + LIMIT_MINUTES * 60
    pause = FIRST_PAUSE
    while True:
        yield
        if time.monotonic() > end:
            raise CommandError(f"{reason}: gave up after {LIMIT_MINUTES} min")
        log.info("%s, will retry", reason)
        # Instances that were started together do not ask together.
        time.sleep(pause * random.uniform(0.5, 1))
        pause = min(pause * 2, LONGEST_PAUSE)


def is_lock_conflict(error: Exception) -> bool:
    """Whether a lock was not available in time (55P03) or the statement was ended by a deadlock (40P01). In both cases
    nothing was changed."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)
