//! Tests of the digests (against published ones and those of the `bcrypt` crate) and of the pool.

mod batch;
mod pool;

use super::batch::{Job, Salt};

fn job(password: &[u8], salt: Salt, cost: u32) -> Job {
    Job { password: password.to_vec().into(), salt, cost }
}
