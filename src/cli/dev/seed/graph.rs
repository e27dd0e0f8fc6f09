//! Generates the follow graph of a seeded database: power-law distributed, and deterministic for a seed.

use std::collections::HashSet;

use anyhow::ensure;
use fastrand::Rng;

/// Four users with known follow counts. All other users come after them, most popular first.
pub const NAMED: [&str; 4] = ["star", "known", "few", "reader"];
const STAR: u32 = 0;
const KNOWN: u32 = 1;
const FEW: u32 = 2;
const READER: u32 = 3;
const MIN_USERS: u32 = 1000;
/// With more, the pairs among the most popular users run out, and drawing a new pair takes ever longer.
const MAX_DRAWN_PER_USER: u32 = 20;

/// Draws `follows` follows among `users` users, in chronological order.
///
/// `star` is followed by 20 of 21 users, `known` by one of 105, and `few` by ten. `reader` follows one user in ten.
/// With 1,050,000 users, these are 1,000,000, 10,000, 10 and 105,000 follows.
pub fn draw(users: u32, follows: u32, random: &mut Rng) -> anyhow::Result<Vec<(u32, u32)>> {
    ensure!(users >= MIN_USERS, "use at least {MIN_USERS} users");
    let mut others: Vec<u32> = (4..users).collect();
    let mut pairs = Vec::with_capacity(follows as usize);
    for (followee, count) in [(STAR, users / 21 * 20), (KNOWN, users / 105), (FEW, 10)] {
        random.shuffle(&mut others);
        pairs.extend(others.iter().take(count as usize).map(|follower| (*follower, followee)));
    }
    pairs.extend((4..4 + users / 10).map(|followee| (READER, followee)));
    let (least, most) = (pairs.len(), pairs.len() + users as usize * MAX_DRAWN_PER_USER as usize);
    ensure!((least..=most).contains(&(follows as usize)), "use {least} to {most} follows for {users} users");

    let mut drawn = HashSet::with_capacity(follows as usize - least);
    while pairs.len() < follows as usize {
        // A few users follow many others, and even fewer have very many followers.
        let pair = (skewed(users, 1.5, random), skewed(users, 3.0, random));
        if pair.0 != pair.1 && drawn.insert(pair) {
            pairs.push(pair);
        }
    }
    random.shuffle(&mut pairs);
    Ok(pairs)
}

/// Draws an unnamed user. The higher the power, the more likely one of the first.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of users")]
fn skewed(users: u32, power: f64, random: &mut Rng) -> u32 {
    4 + (f64::from(users - 4) * random.f64().powf(power)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_users_have_the_documented_follows_and_no_pair_is_drawn_twice() {
        let pairs = draw(2100, 10_000, &mut Rng::with_seed(1)).unwrap();
        let followers = |user| pairs.iter().filter(|pair| pair.1 == user).count();
        assert_eq!([followers(STAR), followers(KNOWN), followers(FEW)], [2000, 20, 10]);
        assert_eq!(pairs.iter().filter(|pair| pair.0 == READER).count(), 210);
        assert_eq!((pairs.len(), pairs.iter().collect::<HashSet<_>>().len()), (10_000, 10_000));
        assert!(pairs.iter().all(|(follower, followee)| follower != followee && *follower < 2100 && *followee < 2100));
        assert!(followers(4) > 20 * followers(2000).max(1), "{} {}", followers(4), followers(2000));
    }

    #[test]
    fn the_graph_depends_only_on_the_seed() {
        let with = |seed| draw(1000, 5000, &mut Rng::with_seed(seed)).unwrap();
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }

    #[test]
    fn unsuitable_numbers_are_rejected() {
        for (users, follows) in [(999, 5000), (1000, 500), (1000, 50_000)] {
            assert!(draw(users, follows, &mut Rng::with_seed(1)).is_err(), "{users} {follows}");
        }
    }
}
