//! What waits to be hashed: first come, first served, up to six of the same work together.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::batch::{Digest, Job, LANES};

/// A job and whoever waits for its digest.
pub struct Request {
    /// 2^work rounds are run.
    pub work: u32,
    pub job: Job,
    pub answer: oneshot::Sender<Digest>,
}

/// The queue holds as many requests as it can.
#[derive(Debug)]
pub struct Full;

/// Shared by those who ask and the workers.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    /// Workers that have nothing to do.
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
            state.forget_the_gone();
        }
        if state.waiting.len() >= self.capacity {
            return Err(Full);
        }
        state.waiting.push_back(request);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for requests and takes the first, and with it others of the same work. None when the
    /// queue is closed.
    pub fn take(&self) -> Option<Vec<Request>> {
        let mut state = self.lock();
        loop {
            state.forget_the_gone();
            if state.closed {
                return None;
            }
            if !state.waiting.is_empty() {
                return Some(state.batch());
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Sends the workers home.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// How many requests wait.
    pub fn depth(&self) -> usize {
        self.lock().waiting.len()
    }

    // No line that holds the lock leaves the state half changed, whatever panics.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Nobody waits for these answers any more.
    fn forget_the_gone(&mut self) {
        self.waiting.retain(|request| !request.answer.is_closed());
    }

    /// The next batch. Idle workers are left their share: two cores are faster than six lanes.
    fn batch(&mut self) -> Vec<Request> {
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
