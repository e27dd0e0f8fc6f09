//! Who follows whom in a seeded database: drawn by a power law, the same for the same seed.

use std::collections::HashSet;

use anyhow::ensure;
use fastrand::Rng;

/// Four accounts whose follows are known; everybody else stands behind them, the popular first.
pub const NAMED: [&str; 4] = ["star", "known", "few", "reader"];
const STAR: u32 = 0;
const KNOWN: u32 = 1;
const FEW: u32 = 2;
const READER: u32 = 3;
const USERS_MIN: u32 = 1000;
/// More would fill the most popular corner, where one has to draw ever longer for a pair that is new.
const DRAWN_PER_USER_MAX: u32 = 20;

/// Draws so many follows among so many users; the order is the one in which they come about.
///
/// `star` is followed by 20 of 21 users, `known` by one of 105, `few` by ten; `reader` follows one of ten.
/// That is 1,000,000, 10,000, 10 and 105,000 with 1,050,000 users.
///
/// # Errors
/// When the numbers do not fit together.
pub fn draw(users: u32, follows: u32, random: &mut Rng) -> anyhow::Result<Vec<(u32, u32)>> {
    ensure!(users >= USERS_MIN, "choose at least {USERS_MIN} users");
    let mut others: Vec<u32> = (4..users).collect();
    let mut pairs = Vec::with_capacity(follows as usize);
    for (followee, count) in [(STAR, users / 21 * 20), (KNOWN, users / 105), (FEW, 10)] {
        random.shuffle(&mut others);
        pairs.extend(others.iter().take(count as usize).map(|follower| (*follower, followee)));
    }
    pairs.extend((4..4 + users / 10).map(|followee| (READER, followee)));
    let (least, most) = (pairs.len(), pairs.len() + users as usize * DRAWN_PER_USER_MAX as usize);
    ensure!((least..=most).contains(&(follows as usize)), "choose {least} to {most} follows for {users} users");

    let mut drawn = HashSet::with_capacity(follows as usize - least);
    while pairs.len() < follows as usize {
        // A few follow many, and fewer still are followed by very many.
        let pair = (skewed(users, 1.5, random), skewed(users, 3.0, random));
        if pair.0 != pair.1 && drawn.insert(pair) {
            pairs.push(pair);
        }
    }
    random.shuffle(&mut pairs);
    Ok(pairs)
}

/// One of the users without a name; the higher the power, the more often one of the first.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and their number")]
fn skewed(users: u32, power: f64, random: &mut Rng) -> u32 {
    4 + (f64::from(users - 4) * random.f64().powf(power)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_accounts_have_what_is_promised_and_nobody_follows_twice() {
        let pairs = draw(2100, 10_000, &mut Rng::with_seed(1)).unwrap();
        let followers = |user| pairs.iter().filter(|pair| pair.1 == user).count();
        assert_eq!([followers(STAR), followers(KNOWN), followers(FEW)], [2000, 20, 10]);
        assert_eq!(pairs.iter().filter(|pair| pair.0 == READER).count(), 210);
        assert_eq!((pairs.len(), pairs.iter().collect::<HashSet<_>>().len()), (10_000, 10_000));
        assert!(pairs.iter().all(|(follower, followee)| follower != followee && *follower < 2100 && *followee < 2100));
        assert!(followers(4) > 20 * followers(2000).max(1), "{} {}", followers(4), followers(2000));
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_another() {
        let with = |seed| draw(1000, 5000, &mut Rng::with_seed(seed)).unwrap();
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        for (users, follows) in [(999, 5000), (1000, 500), (1000, 50_000)] {
            assert!(draw(users, follows, &mut Rng::with_seed(1)).is_err(), "{users} {follows}");
        }
    }
}
