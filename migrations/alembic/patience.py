"""How long a migration tries to get its locks, and how often: as src/server/run/migrate/patience.rs."""

import random
import time
from collections.abc import Iterator

import psycopg
from sqlalchemy.exc import DBAPIError

# Seconds.
LIMIT = 30 * 60
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0


def attempts() -> Iterator[None]:
    """Yields before each attempt, with longer and longer pauses, for 30 minutes."""
    end = time.monotonic() + LIMIT
    pause = FIRST_PAUSE
    while True:
        yield
        if time.monotonic() > end:
            return
        time.sleep(pause * random.uniform(0.5, 1))
        pause = min(pause * 2, LONGEST_PAUSE)


def is_locked_out(error: Exception) -> bool:
    """Whether another transaction was in the way (55P03, 40P01). Nothing was changed."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)
