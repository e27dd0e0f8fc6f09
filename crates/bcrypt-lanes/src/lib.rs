//! bcrypt for a service under load: several passwords at once on one core.
//!
//! bcrypt is slow because every step looks something up in tables whose place depends on the step
//! before: a core mostly waits for its own cache. [`blowfish`] therefore keeps up to six
//! independent computations in step, so that one works while the others wait; [`batch`] is bcrypt
//! itself on top of it. [`queue`] and [`pool`] bring together what is waiting anyway: a worker takes
//! all that is there, up to six, and no job waits for others. The formats, and the reference that
//! the tests compare with, are the `bcrypt` crate's.

pub mod batch;
mod blowfish;
pub mod format;
mod pi;
pub mod pool;
mod queue;

#[cfg(test)]
mod tests;
