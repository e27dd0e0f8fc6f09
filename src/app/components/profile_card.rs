//! What a profile shows.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::avatar::{Avatar, LARGE};
use crate::model::profile::Profile;

/// The profile; `children` is what the person who looks at it can do.
#[component]
pub fn ProfileCard(profile: Profile, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let name = profile.name().to_owned();
    let Profile { id, username, bio, avatar_url, created_at, follower_count, followee_count, .. } = profile;
    let followers = if follower_count == 1 { "follower" } else { "followers" };
    view! {
        <section class="card profile">
            <Avatar id name=name.clone() url=avatar_url class=LARGE/>
            <div>
                <h1>{name}</h1>
                <p class="muted">{format!("@{username}")}</p>
            </div>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
            {bio.map(|bio| view! { <p class="bio">{bio}</p> })}
            <ul class="counts">
                <li><b>{grouped(follower_count)}</b>" "{followers}</li>
                <li><b>{grouped(followee_count)}</b>" following"</li>
                <li>{member_since(created_at)}</li>
            </ul>
        </section>
    }
}

fn member_since(created_at: OffsetDateTime) -> String {
    format!("Member since {} {}", created_at.month(), created_at.year())
}

/// A count as people write it: 1,204.
fn grouped(count: i64) -> String {
    let digits = count.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (count, text) in [(0, "0"), (999, "999"), (1204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(grouped(count), text);
        }
    }
}
