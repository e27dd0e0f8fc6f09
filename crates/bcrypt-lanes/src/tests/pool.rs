//! The pool: who is hashed when, together with whom, and who is turned away.

use std::cell::Cell;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::timeout;

use super::job;
use crate::batch::{Digest, Job};
use crate::pool::{Pool, PoolError};

/// A pool with one thread whose work takes until the test says so, and only copies the salts.
struct Held {
    pool: Arc<Pool>,
    /// Work and size of each batch as it is begun.
    begun: mpsc::Receiver<(u32, usize)>,
    go_on: mpsc::Sender<()>,
}

fn held(capacity: usize) -> Held {
    let (announce, begun) = mpsc::channel();
    let (go_on, wait) = mpsc::channel();
    let wait = Arc::new(Mutex::new(wait));
    let compute = move |cost, jobs: &[Job]| {
        announce.send((cost, jobs.len())).unwrap();
        wait.lock().unwrap().recv().unwrap();
        jobs.iter().map(|job| mark(job.salt[0])).collect()
    };
    Held { pool: Arc::new(Pool::start_with(1, capacity, || {}, compute).unwrap()), begun, go_on }
}

fn mark(value: u8) -> Digest {
    [value; 23]
}

impl Held {
    /// Asks for a digest, and returns when the request is in the queue.
    async fn ask(&self, cost: u32, value: u8) -> tokio::task::JoinHandle<Result<Digest, PoolError>> {
        let pool = self.pool.clone();
        let asked = tokio::spawn(async move { pool.digest(cost, job(b"", [value; 16], cost)).await });
        tokio::task::yield_now().await;
        asked
    }

    fn begun(&self) -> (u32, usize) {
        self.begun.recv_timeout(Duration::from_secs(5)).unwrap()
    }
}

#[tokio::test]
async fn a_lone_job_runs_alone_and_what_came_meanwhile_runs_together() {
    let held = held(100);
    let mut asked = vec![held.ask(12, 0).await];
    assert_eq!(held.begun(), (12, 1));
    for value in 1..=8 {
        asked.push(held.ask(12, value).await);
    }
    assert_eq!(held.pool.depth(), 8);
    held.go_on.send(()).unwrap();
    assert_eq!(held.begun(), (12, 6));
    held.go_on.send(()).unwrap();
    assert_eq!(held.begun(), (12, 2));
    held.go_on.send(()).unwrap();
    for (value, asked) in (0..).zip(asked) {
        assert_eq!(asked.await.unwrap(), Ok(mark(value)));
    }
}

#[tokio::test]
async fn a_batch_has_one_work_and_the_first_in_the_queue_is_never_passed_over() {
    let held = held(100);
    let mut asked = vec![held.ask(12, 0).await];
    assert_eq!(held.begun(), (12, 1));
    for (cost, value) in [(10, 1), (12, 2), (10, 3), (12, 4), (11, 5)] {
        asked.push(held.ask(cost, value).await);
    }
    for batch in [(10, 2), (12, 2), (11, 1)] {
        held.go_on.send(()).unwrap();
        assert_eq!(held.begun(), batch);
    }
    held.go_on.send(()).unwrap();
    for (value, asked) in (0..).zip(asked) {
        assert_eq!(asked.await.unwrap(), Ok(mark(value)));
    }
}

#[tokio::test]
async fn a_full_queue_turns_away_at_once() {
    let held = held(2);
    let _running = held.ask(4, 0).await;
    held.begun();
    let _waiting = [held.ask(4, 1).await, held.ask(4, 2).await];
    let refused = timeout(Duration::from_secs(1), held.pool.digest(4, job(b"", [3; 16], 4))).await;
    assert_eq!(refused, Ok(Err(PoolError::Overloaded)));
}

#[tokio::test]
async fn who_went_away_is_neither_hashed_nor_in_the_way() {
    let held = held(2);
    let running = held.ask(4, 0).await;
    held.begun();
    for gone in [held.ask(4, 1).await, held.ask(4, 2).await] {
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
    }
    let waiting = held.ask(4, 3).await;
    assert_eq!(held.pool.depth(), 1);
    held.go_on.send(()).unwrap();
    assert_eq!(held.begun(), (4, 1));
    held.go_on.send(()).unwrap();
    assert_eq!(running.await.unwrap(), Ok(mark(0)));
    assert_eq!(waiting.await.unwrap(), Ok(mark(3)));
}

#[tokio::test]
async fn a_panic_costs_its_batch_and_nothing_else() {
    let compute = |cost, jobs: &[Job]| {
        assert_ne!(cost, 13, "a panic that the test wants");
        jobs.iter().map(|job| mark(job.salt[0])).collect()
    };
    let pool = Pool::start_with(1, 10, || {}, compute).unwrap();
    assert_eq!(pool.digest(13, job(b"", [1; 16], 13)).await, Err(PoolError::Panicked));
    assert_eq!(pool.digest(12, job(b"", [2; 16], 12)).await, Ok(mark(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_each_get_their_own() {
    let pool = Pool::start(2, 100, || {}).unwrap();
    join_all((0..100_u8).map(|value| {
        let (pool, cost) = (&pool, 4 + u32::from(value % 8 == 0));
        async move {
            let digest = pool.digest(5, job(&[value], [value; 16], cost)).await.unwrap();
            assert_eq!(digest, bcrypt::bcrypt(cost, [value; 16], &[value, 0])[..23]);
        }
    }))
    .await;
}

#[tokio::test]
async fn each_thread_is_prepared_and_they_end_with_the_pool() {
    thread_local! {
        static PREPARED: Cell<u8> = const { Cell::new(0) };
    }
    let alive = Arc::new(());
    let witness = Arc::downgrade(&alive);
    let compute = move |_, jobs: &[Job]| {
        let _ = &alive;
        jobs.iter().map(|_| mark(PREPARED.get())).collect()
    };
    let pool = Pool::start_with(2, 10, || PREPARED.set(19), compute).unwrap();
    assert_eq!(pool.digest(4, job(b"", [0; 16], 4)).await, Ok(mark(19)));
    drop(pool);
    let ended = async {
        while witness.strong_count() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(5), ended).await.unwrap();
}
