//! How many follow somebody and how many they follow, each a link to the list (USER-FE-005.1).

use leptos::prelude::*;
use leptos_router::components::A;

use super::relations::{Counts, Graph};
use crate::model::graph::Side;
use crate::model::profiles::Profile;
use crate::text;

/// From here on, a count is shown in short.
const SHORT_FROM: i64 = 10_000;

/// The two links; they follow what the viewer does.
#[component]
pub fn FollowCounts(profile: Profile) -> impl IntoView {
    let graph = Graph::expect();
    let (id, known) = (profile.id, Counts::from(&profile));
    let counts = Memo::new(move |_| graph.counts(id).unwrap_or(known));
    let username = profile.username;
    let link = move |side: Side| {
        let count = move || match side {
            Side::Followers => counts.get().followers,
            Side::Followees => counts.get().followees,
        };
        let what = move || match side {
            Side::Followers if count() == 1 => text::graph::FOLLOWER,
            Side::Followers => text::graph::FOLLOWERS_COUNTED,
            Side::Followees => text::graph::FOLLOWING_COUNTED,
        };
        let exact = move || (count() >= SHORT_FROM).then(|| format!("{} {}", grouped(count()), what()));
        view! {
            <li>
                <A href=side.path(&username) exact=true attr:title=exact>
                    <b>{move || short(count())}</b>
                    " "
                    {what}
                </A>
            </li>
        }
    };
    view! {
        {link(Side::Followers)}
        {link(Side::Followees)}
    }
}

/// A count in short: 1,204, 12.3K, 1.2M. Cut, not rounded: nobody has a million before they have.
fn short(count: i64) -> String {
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

/// A count as people write it: 1,204.
fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::{grouped, short};

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (count, text) in [(0, "0"), (999, "999"), (1204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn large_counts_are_shown_in_short() {
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
            assert_eq!(short(count), text);
        }
    }
}
