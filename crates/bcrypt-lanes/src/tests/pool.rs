//! The pool: the order of jobs, how they are batched, and which are rejected.

use std::cell::Cell;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::timeout;

use super::job;
use crate::batch::{Digest, Job};
use crate::pool::{Pool, PoolError};

/// A pool with one thread that blocks in each batch until the test resumes it, and only copies the salts.
struct PausedPool {
    pool: Arc<Pool>,
    /// The work and size of each batch when it starts.
    started: mpsc::Receiver<(u32, usize)>,
    resume: mpsc::Sender<()>,
}

fn paused_pool(capacity: usize) -> PausedPool {
    let (announce, started) = mpsc::channel();
    let (resume, wait) = mpsc::channel();
    let wait = Arc::new(Mutex::new(wait));
    let compute = move |cost, jobs: &[Job]| {
        announce.send((cost, jobs.len())).unwrap();
        wait.lock().unwrap().recv().unwrap();
        jobs.iter().map(|job| mark(job.salt[0])).collect()
    };
    PausedPool { pool: Arc::new(Pool::start_with(1, capacity, || {}, compute).unwrap()), started, resume }
}

fn mark(value: u8) -> Digest {
    [value; 23]
}

impl PausedPool {
    /// Requests a digest; returns when the request is in the queue.
    async fn request(&self, cost: u32, value: u8) -> tokio::task::JoinHandle<Result<Digest, PoolError>> {
        let pool = self.pool.clone();
        let requested = tokio::spawn(async move { pool.digest(cost, job(b"", [value; 16], cost)).await });
        tokio::task::yield_now().await;
        requested
    }

    fn next_batch(&self) -> (u32, usize) {
        self.started.recv_timeout(Duration::from_secs(5)).unwrap()
    }
}

#[tokio::test]
async fn a_single_job_runs_alone_and_jobs_that_arrive_during_it_run_together() {
    let paused = paused_pool(100);
    let mut requested = vec![paused.request(12, 0).await];
    assert_eq!(paused.next_batch(), (12, 1));
    for value in 1..=8 {
        requested.push(paused.request(12, value).await);
    }
    assert_eq!(paused.pool.depth(), 8);
    paused.resume.send(()).unwrap();
    assert_eq!(paused.next_batch(), (12, 6));
    paused.resume.send(()).unwrap();
    assert_eq!(paused.next_batch(), (12, 2));
    paused.resume.send(()).unwrap();
    for (value, requested) in (0..).zip(requested) {
        assert_eq!(requested.await.unwrap(), Ok(mark(value)));
    }
}

#[tokio::test]
async fn all_jobs_of_a_batch_have_the_same_work_and_the_oldest_job_always_runs_first() {
    let paused = paused_pool(100);
    let mut requested = vec![paused.request(12, 0).await];
    assert_eq!(paused.next_batch(), (12, 1));
    for (cost, value) in [(10, 1), (12, 2), (10, 3), (12, 4), (11, 5)] {
        requested.push(paused.request(cost, value).await);
    }
    for batch in [(10, 2), (12, 2), (11, 1)] {
        paused.resume.send(()).unwrap();
        assert_eq!(paused.next_batch(), batch);
    }
    paused.resume.send(()).unwrap();
    for (value, requested) in (0..).zip(requested) {
        assert_eq!(requested.await.unwrap(), Ok(mark(value)));
    }
}

#[tokio::test]
async fn a_full_queue_rejects_immediately() {
    let paused = paused_pool(2);
    let _running = paused.request(4, 0).await;
    paused.next_batch();
    let _waiting = [paused.request(4, 1).await, paused.request(4, 2).await];
    let rejected = timeout(Duration::from_secs(1), paused.pool.digest(4, job(b"", [3; 16], 4))).await;
    assert_eq!(rejected, Ok(Err(PoolError::Overloaded)));
}

#[tokio::test]
async fn abandoned_requests_are_not_hashed_and_free_their_place() {
    let paused = paused_pool(2);
    let running = paused.request(4, 0).await;
    paused.next_batch();
    for abandoned in [paused.request(4, 1).await, paused.request(4, 2).await] {
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
    }
    let waiting = paused.request(4, 3).await;
    assert_eq!(paused.pool.depth(), 1);
    paused.resume.send(()).unwrap();
    assert_eq!(paused.next_batch(), (4, 1));
    paused.resume.send(()).unwrap();
    assert_eq!(running.await.unwrap(), Ok(mark(0)));
    assert_eq!(waiting.await.unwrap(), Ok(mark(3)));
}

#[tokio::test]
async fn a_panic_fails_only_its_own_batch() {
    let compute = |cost, jobs: &[Job]| {
        assert_ne!(cost, 13, "a deliberate panic");
        jobs.iter().map(|job| mark(job.salt[0])).collect()
    };
    let pool = Pool::start_with(1, 10, || {}, compute).unwrap();
    assert_eq!(pool.digest(13, job(b"", [1; 16], 13)).await, Err(PoolError::Panicked));
    assert_eq!(pool.digest(12, job(b"", [2; 16], 12)).await, Ok(mark(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_concurrent_requests_each_get_their_own_digest() {
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
async fn each_thread_is_prepared_and_exits_with_the_pool() {
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
    let exited = async {
        while witness.strong_count() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(5), exited).await.unwrap();
}
