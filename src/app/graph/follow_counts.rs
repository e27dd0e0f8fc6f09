//! A user's follower and followee counts, each a link to the list (USER-FE-005.1).

use leptos::prelude::*;

use super::relations::{Counts, Graph};
use crate::app::ui::nav_link::NavLink;
use crate::model::graph::Side;
use crate::model::profiles::Profile;
use crate::text;

/// Counts are abbreviated from this number on.
const SHORT_FROM: i64 = 10_000;

/// The two links. The counts change when the viewer follows or unfollows.
#[component]
pub fn FollowCounts(profile: Profile) -> impl IntoView {
    let graph = Graph::expect();
    let (id, initial) = (profile.id, Counts::from(&profile));
    let counts = Memo::new(move |_| graph.counts(id).unwrap_or(initial));
    let username = profile.username;
    let link = move |side: Side| {
        let count = move || match side {
            Side::Followers => counts.get().followers,
            Side::Followees => counts.get().followees,
        };
        let label = move || match side {
            Side::Followers if count() == 1 => text::graph::follower(),
            Side::Followers => text::graph::followers_counted(),
            Side::Followees => text::graph::following_counted(),
        };
        let exact = move || (count() >= SHORT_FROM).then(|| format!("{} {}", grouped(count()), label()));
        view! {
            <li>
                <NavLink href=side.path(&username) exact=true attr:title=exact>
                    <b>{move || abbreviated(count())}</b>
                    " "
                    {label}
                </NavLink>
            </li>
        }
    };
    view! {
        {link(Side::Followers)}
        {link(Side::Followees)}
    }
}

/// Abbreviates a count: 1,204, 12.3K, 1.2M. Rounds down, so that 1M is not shown before there are a million.
fn abbreviated(count: i64) -> String {
    let (unit, letter) = match count {
        SHORT_FROM..1_000_000 => (1_000, 'K'),
        1_000_000.. => (1_000_000, 'M'),
        _ => return grouped(count),
    };
    match (count / unit, count % unit * 10 / unit) {
        (whole, tenth) if whole < 100 && tenth > 0 => format!("{whole}.{tenth}{letter}"),
        (whole, _) => format!("{}{letter}", grouped(whole)),
    }
}

/// Groups the digits of a count: 1,204.
fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::{abbreviated, grouped};

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (count, text) in [(0, "0"), (999, "999"), (1204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn large_counts_are_abbreviated() {
        for (count, text) in [
            (9_999, "9,999"),
            (10_000, "10K"),
            (12_399, "12.3K"),
            (123_999, "123K"),
            (999_999, "999K"),
            (1_000_000, "1M"),
            (1_234_567, "1.2M"),
            (1_234_567_890, "1,234M"),
        ] {
            assert_eq!(abbreviated(count), text);
        }
    }
}
