//! Looks up rows by ID: those that are asked for while others are being looked up, together in one statement.

use std::collections::HashMap;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::base::current_request::ForRequest as _;
use crate::base::database::pool::Pool;
use crate::model::error::{ApiError, ErrorCode};

/// Statements of one loader that run at once, while the first takes long.
const LANES: usize = 4;
/// How long a look-up waits for the statement before it, and then starts another. One statement at a time is the fastest
/// under load: it takes hardly longer for many rows than for one.
const PATIENCE: Duration = Duration::from_millis(10);
/// IDs in one statement.
const MAX_BATCH: usize = 100;
/// Longest time for a statement, including the wait for a connection. A server that hangs must not keep the lanes.
const LIMIT: Duration = Duration::from_secs(8);

/// Fetches the rows with these IDs.
pub type Fetch<T> = fn(Pool, Vec<Uuid>) -> BoxFuture<'static, Result<HashMap<Uuid, T>, ApiError>>;

/// Looks up rows on one server.
pub struct Loader<T>(Arc<Shared<T>>);

struct Shared<T> {
    pool: Pool,
    fetch: Fetch<T>,
    queue: Mutex<Queue<T>>,
}

struct Queue<T> {
    waiting: Vec<Lookup<T>>,
    /// Lanes in use.
    running: usize,
    /// When the newest statement began.
    begun: Instant,
}

struct Lookup<T> {
    id: Uuid,
    caller: oneshot::Sender<Result<Option<T>, ApiError>>,
}

impl<T: Clone + Send + 'static> Loader<T> {
    pub fn new(pool: Pool, fetch: Fetch<T>) -> Self {
        Self(Arc::new(Shared {
            pool,
            fetch,
            queue: Mutex::new(Queue { waiting: Vec::new(), running: 0, begun: Instant::now() }),
        }))
    }

    /// Returns the row with this ID. The statement that reads it begins after this call, so that the row is as new as
    /// from a statement of its own.
    ///
    /// # Errors
    /// The error of the statement, for each caller whose row it should have read.
    pub async fn find(&self, id: Uuid) -> Result<Option<T>, ApiError> {
        let (caller, mut found) = oneshot::channel();
        if self.0.enqueue(Lookup { id, caller }) {
            self.start_lane();
        }
        let found = if let Ok(found) = timeout(PATIENCE, &mut found).await {
            found
        } else {
            if self.0.add_lane() {
                self.start_lane();
            }
            found.await
        };
        found.unwrap_or_else(|_| Err(ErrorCode::Internal.into()))
    }

    /// In its own task, so that a caller who goes away does not take the others along.
    fn start_lane(&self) {
        tokio::spawn(Arc::clone(&self.0).work().for_current_request());
    }
}

impl<T: Clone + Send + 'static> Shared<T> {
    /// Returns whether the caller must start a lane.
    fn enqueue(&self, lookup: Lookup<T>) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(lookup);
        let starts = queue.running == 0;
        queue.running += usize::from(starts);
        starts
    }

    /// Returns whether a caller who has waited must start another lane.
    fn add_lane(&self) -> bool {
        let mut queue = self.queue();
        let starts = !queue.waiting.is_empty() && queue.running < LANES;
        queue.running += usize::from(starts);
        starts
    }

    fn queue(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the look-ups of the next statement of a lane whose last one began at `begun`. The lane ends if there are
    /// none, or if another one has just begun its statement: otherwise, the lanes of a slow moment would stay.
    fn next(&self, begun: &mut Option<Instant>) -> Option<Vec<Lookup<T>>> {
        let mut queue = self.queue();
        queue.waiting.retain(|lookup| !lookup.caller.is_closed());
        let is_newest = begun.is_none_or(|begun| begun >= queue.begun);
        let is_spare = queue.running > 1 && !is_newest && queue.begun.elapsed() < PATIENCE;
        if queue.waiting.is_empty() || is_spare {
            queue.running -= 1;
            return None;
        }
        queue.begun = Instant::now();
        *begun = Some(queue.begun);
        let size = queue.waiting.len().min(MAX_BATCH);
        let later = queue.waiting.split_off(size);
        Some(mem::replace(&mut queue.waiting, later))
    }

    async fn work(self: Arc<Self>) {
        let mut begun = None;
        // Before each statement, requests that have already arrived are processed as far as their look-up. Twice as many
        // then go together under load.
        yield_now().await;
        while let Some(batch) = self.next(&mut begun) {
            let ids = batch.iter().map(|lookup| lookup.id).collect();
            let fetch = timeout(LIMIT, (self.fetch)(self.pool.clone(), ids));
            // A panic costs this batch and not the lane.
            let found = match AssertUnwindSafe(fetch).catch_unwind().await {
                Ok(Ok(found)) => found,
                Ok(Err(_)) => {
                    tracing::warn!(limit = ?LIMIT, "the database did not respond in time");
                    Err(ErrorCode::Overloaded.into())
                }
                Err(_) => {
                    tracing::error!("a look-up panicked");
                    Err(ErrorCode::Internal.into())
                }
            };
            for Lookup { id, caller } in batch {
                let row = found.as_ref().map(|rows| rows.get(&id).cloned()).map_err(Clone::clone);
                // Fails if the caller has gone away.
                drop(caller.send(row));
            }
            yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    use super::*;

    /// Never connects: the fetch functions of the tests do not use it.
    fn loader(fetch: Fetch<usize>) -> Loader<usize> {
        Loader::new(PgPoolOptions::new().connect_lazy_with(PgConnectOptions::new()).into(), fetch)
    }

    /// Returns, for each ID but 0, how many were looked up with it. The statement takes a second.
    fn count(_: Pool, ids: Vec<Uuid>) -> BoxFuture<'static, Result<HashMap<Uuid, usize>, ApiError>> {
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(ids.iter().filter(|id| !id.is_nil()).map(|id| (*id, ids.len())).collect())
        }
        .boxed()
    }

    /// The lanes that are left when nothing else is to be done.
    async fn lanes(loader: &Loader<usize>) -> usize {
        tokio::time::sleep(Duration::from_millis(1)).await;
        loader.0.queue().running
    }

    fn ids(count: usize) -> impl Iterator<Item = Uuid> {
        (1..=count as u128).map(Uuid::from_u128)
    }

    #[tokio::test(start_paused = true)]
    async fn a_lookup_goes_alone_and_those_that_wait_for_it_go_together() {
        let loader = loader(count);
        let first = loader.find(Uuid::from_u128(1));
        let others = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            join_all(ids(MAX_BATCH + 50).map(|id| loader.find(id))).await
        };
        let (first, others) = futures::join!(first, others);
        assert_eq!(first.unwrap(), Some(1));
        let sizes: Vec<usize> = others.into_iter().map(|found| found.unwrap().unwrap()).collect();
        let with = |size| sizes.iter().filter(|other| **other == size).count();
        assert_eq!((with(MAX_BATCH), with(50)), (MAX_BATCH, 50), "{sizes:?}");
        assert_eq!(loader.find(Uuid::from_u128(1)).await.unwrap(), Some(1), "alone");
        assert_eq!(loader.find(Uuid::nil()).await.unwrap(), None);
        assert_eq!(lanes(&loader).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lookup_never_joins_a_statement_that_has_begun_and_does_not_wait_long_for_it() {
        let loader = loader(count);
        let started = tokio::time::Instant::now();
        let (early, late) = futures::join!(loader.find(Uuid::from_u128(1)), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            loader.find(Uuid::from_u128(2)).await
        });
        assert_eq!((early.unwrap(), late.unwrap()), (Some(1), Some(1)));
        assert_eq!(started.elapsed(), Duration::from_millis(1500) + PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn statements_at_once_are_bounded() {
        let loader = loader(count);
        let started = tokio::time::Instant::now();
        // Each comes too late for the statement before it.
        let found = join_all(ids(LANES + 1).enumerate().map(|(number, id)| {
            let loader = &loader;
            async move {
                tokio::time::sleep(2 * PATIENCE * u32::try_from(number).unwrap()).await;
                loader.find(id).await
            }
        }));
        assert!(found.await.into_iter().all(|found| found.unwrap() == Some(1)));
        assert_eq!(started.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn lookups_pass_a_slow_statement_whose_lane_ends_after_it() {
        // The ID is the time of the statement in ms.
        let loader = loader(|_, ids| {
            let longest = ids.iter().map(Uuid::as_u128).max().unwrap_or_default();
            let duration = Duration::from_millis(longest.try_into().unwrap());
            async move {
                tokio::time::sleep(duration).await;
                Ok(ids.into_iter().map(|id| (id, 1)).collect())
            }
            .boxed()
        });
        let started = Instant::now();
        // Asks for a statement of `duration` at `at`, and returns when it has ended.
        let find = async |at, duration| {
            tokio::time::sleep_until(started + Duration::from_millis(at)).await;
            assert_eq!(loader.find(Uuid::from_u128(duration)).await.unwrap(), Some(1));
            started.elapsed().as_millis()
        };
        let lanes = async {
            tokio::time::sleep_until(started + Duration::from_millis(1002)).await;
            loader.0.queue().running
        };
        let ended = futures::join!(find(0, 1000), find(1, 5), find(14, 5), find(985, 20), find(998, 5), lanes);
        // The second has a lane after 10 ms, and the third waits only for it. The slow lane leaves the last to the one that
        // began at 995.
        assert_eq!(ended, (1000, 15, 20, 1015, 1013, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn callers_that_go_away_do_not_disturb_others() {
        let loader = loader(count);
        let gone = join_all(ids(50).map(|id| loader.find(id)));
        assert!(tokio::time::timeout(Duration::from_millis(10), gone).await.is_err());
        assert!(loader.find(Uuid::from_u128(7)).await.unwrap().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn each_caller_gets_the_error_and_the_loader_goes_on() {
        let failing = loader(|_, _| async { Err(ErrorCode::Overloaded.into()) }.boxed());
        for found in join_all(ids(20).map(|id| failing.find(id))).await {
            assert_eq!(found.unwrap_err().code, ErrorCode::Overloaded);
        }
        let panicking = loader(|_, _| async { panic!("not a result") }.boxed());
        for found in join_all(ids(20).map(|id| panicking.find(id))).await {
            assert_eq!(found.unwrap_err().code, ErrorCode::Internal);
        }
        let hanging = loader(|_, _| futures::future::pending().boxed());
        for found in join_all(ids(20).map(|id| hanging.find(id))).await {
            assert_eq!(found.unwrap_err().code, ErrorCode::Overloaded);
        }
        for loader in [failing, panicking, hanging] {
            assert_eq!(lanes(&loader).await, 0);
        }
    }
}
