//! Compares batches of any size, with any costs, salts and passwords, with the `bcrypt` crate.
#![no_main]

use arbitrary::Arbitrary;
use bcrypt_lanes::batch::{Job, hash_batch};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Password {
    bytes: Vec<u8>,
    salt: [u8; 16],
    cost: u8,
}

fuzz_target!(|input: (u8, Vec<Password>)| {
    let (work, passwords) = input;
    // The crate accepts costs from 4. More than 6 would only be slow.
    let cost = |cost: u8| 4 + u32::from(cost % 3);
    let job = |password: &Password| Job {
        password: password.bytes.clone().into(),
        salt: password.salt,
        cost: cost(password.cost),
    };
    let jobs: Vec<Job> = passwords.iter().take(13).map(job).collect();
    for (job, digest) in jobs.iter().zip(hash_batch(cost(work), &jobs)) {
        let mut key = job.password.to_vec();
        key.push(0);
        key.truncate(72);
        assert_eq!(digest, bcrypt::bcrypt(job.cost, job.salt, &key)[..23]);
    }
});
