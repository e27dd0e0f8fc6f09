//! Jobs that wait to be hashed: first come, first served, in batches of up to six with the same work.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::batch::{Digest, Job, LANES};

/// A job and the channel for its digest.
pub struct Request {
    /// The job runs 2^work rounds.
    pub work: u32,
    pub job: Job,
    pub reply: oneshot::Sender<Digest>,
}

/// The queue is full.
#[derive(Debug)]
pub struct Full;

/// Shared by the callers and the workers.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    /// How many workers wait for requests.
    idle: usize,
    closed: bool,
}

impl Queue {
    pub fn new(capacity: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), capacity }
    }

    /// Adds a request at the end.
    pub fn push(&self, request: Request) -> Result<(), Full> {
        let mut state = self.lock();
        if state.waiting.len() >= self.capacity {
            state.drop_abandoned();
        }
        if state.waiting.len() >= self.capacity {
            return Err(Full);
        }
        state.waiting.push_back(request);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for a request; takes it together with others of the same work. Returns `None` once the queue is closed.
    pub fn take(&self) -> Option<Vec<Request>> {
        let mut state = self.lock();
        loop {
            state.drop_abandoned();
            if state.closed {
                return None;
            }
            if !state.waiting.is_empty() {
                return Some(state.take_batch());
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Closes the queue; idle workers exit.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The number of waiting requests.
    pub fn depth(&self) -> usize {
        self.lock().waiting.len()
    }

    // Poisoning is ignored, because no code that holds the lock can leave the state half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Drops the requests whose callers have stopped waiting.
    fn drop_abandoned(&mut self) {
        self.waiting.retain(|request| !request.reply.is_closed());
    }

    /// Takes the next batch. Leaves idle workers their share, because two cores are faster than six lanes.
    fn take_batch(&mut self) -> Vec<Request> {
        let size = self.waiting.len().div_ceil(self.idle + 1).min(LANES);
        let mut batch: Vec<Request> = Vec::with_capacity(size);
        for request in std::mem::take(&mut self.waiting) {
            let fits = batch.first().is_none_or(|first| first.work == request.work);
            if fits && batch.len() < size {
                batch.push(request);
            } else {
                self.waiting.push_back(request);
            }
        }
        batch
    }
}
