//! bcrypt for a service under load: several passwords at once on one core.
//!
//! bcrypt is slow because every step is a table lookup whose address depends on the step before, so a core mostly
//! waits for its L1 cache. [`blowfish`] therefore runs up to six independent computations in lockstep: while one
//! waits, the others work. [`batch`] implements bcrypt on top of it. [`queue`] and [`pool`] batch jobs that are
//! waiting anyway, up to six at a time. No job waits for others. The `bcrypt` crate parses stored hashes, and is
//! the reference that the tests compare with.

pub mod batch;
mod blowfish;
pub mod format;
mod pi;
pub mod pool;
mod queue;

#[cfg(test)]
mod tests;
