//! Compares digests with published vectors, and with the `bcrypt` crate for random inputs.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::job;
use crate::batch::{Digest, Job, LANES, hash_batch};
use crate::format::Stored;

/// Test vectors of jBCrypt (`TestBCrypt.java`) and Openwall (`crypt_blowfish`, `wrapper.c`).
const PUBLISHED: [(&[u8], &str); 15] = [
    (b"", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
    (b"a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
    (b"abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
    (b"abcdefghijklmnopqrstuvwxyz", "$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC"),
    (b"~!@#$%^&*()      ~!@#$%^&*()PNBFRD", "$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO"),
    (b"abcdefghijklmnopqrstuvwxyz", "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz."),
    (b"~!@#$%^&*()      ~!@#$%^&*()PNBFRD", "$2a$08$Eq2r4G/76Wv39MzSX262huzPz612MZiYHVUJe/OcOql2jo4.9UxTW"),
    (b"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    (b"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    (b"U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    (b"", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    (b"\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"),
    (b"\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"),
    (&[0xaa; 90], "$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6"),
    (
        b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
    ),
];

/// The digest that the `bcrypt` crate computes.
fn reference(job: &Job) -> Digest {
    let mut key = job.password.to_vec();
    key.push(0);
    key.truncate(72);
    bcrypt::bcrypt(job.cost, job.salt, &key)[..23].try_into().unwrap()
}

#[test]
fn published_digests_are_reproduced() {
    for (password, hash) in PUBLISHED {
        let stored = Stored::parse(hash).unwrap();
        let digests = hash_batch(stored.cost, &[job(password, stored.salt, stored.cost)]);
        assert!(stored.matches(&digests[0]), "{hash}");
    }
}

#[test]
fn published_digests_are_reproduced_in_a_batch() {
    for cost in [5, 6] {
        let stored = PUBLISHED.map(|(password, hash)| (password, Stored::parse(hash).unwrap()));
        let stored: Vec<_> = stored.into_iter().filter(|(_, stored)| stored.cost == cost).collect();
        let jobs: Vec<_> = stored.iter().map(|(password, stored)| job(password, stored.salt, cost)).collect();
        let digests = hash_batch(cost, &jobs);
        assert!(stored.iter().zip(&digests).all(|((_, stored), digest)| stored.matches(digest)));
    }
}

#[test]
fn passwords_of_every_length_match_the_crate() {
    let jobs: Vec<_> = (0..=73).map(|length| job(&vec![b'x'; length], [0x5a; 16], 4)).collect();
    let expected: Vec<_> = jobs.iter().map(reference).collect();
    assert_eq!(hash_batch(4, &jobs), expected);
}

#[test]
fn every_number_of_lanes_matches_the_crate() {
    let jobs: [Job; LANES] =
        std::array::from_fn(|lane| job(&vec![b'x'; 12 * lane], [u8::try_from(lane).unwrap(); 16], 4));
    let expected = jobs.each_ref().map(reference);
    for lanes in 0..=LANES {
        assert_eq!(hash_batch(4, &jobs[..lanes]), expected[..lanes], "{lanes} lanes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Any batch, also with more jobs than lanes, any costs, and more work than they need.
    #[test]
    fn any_batch_matches_the_crate(
        work in 4..=7_u32,
        jobs in vec((vec(any::<u8>(), 0..=80), any::<[u8; 16]>(), 4..=6_u32), 0..=LANES + 2),
    ) {
        let jobs: Vec<_> = jobs.iter().map(|(password, salt, cost)| job(password, *salt, *cost)).collect();
        let expected: Vec<_> = jobs.iter().map(reference).collect();
        prop_assert_eq!(hash_batch(work, &jobs), expected);
    }

    /// The other jobs of a batch make no difference.
    #[test]
    fn lanes_do_not_affect_each_other(
        text in "\\PC{0,72}",
        salt: [u8; 16],
        others in vec(vec(any::<u8>(), 0..=72), 0..LANES),
        place: Index,
    ) {
        let place = place.index(others.len() + 1);
        let mut jobs: Vec<_> = others.iter().map(|password| job(password, salt, 4)).collect();
        jobs.insert(place, job(text.as_bytes(), salt, 4));
        prop_assert_eq!(hash_batch(4, &jobs)[place], reference(&jobs[place]));
    }
}
