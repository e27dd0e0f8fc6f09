//! Text of the timeline, the lists of followers and followees, and the follow buttons.

pub const TIMELINE_DESCRIPTION: &str = "The people you follow on Kith, your new followers, and people you may know.";
pub const FOLLOWERS_DESCRIPTION: &str = "The people who follow this profile on Kith.";
pub const FOLLOWING_DESCRIPTION: &str = "The people this profile follows on Kith.";
pub const TIMELINE: &str = "Timeline";
pub const YOUR_TIMELINE: &str = "Your timeline";
pub const TIMELINE_SIGN_IN_FIRST: &str = "Sign in to see your people";
pub const QUIET: &str = "It’s quiet here for now";
pub const QUIET_START: &str =
    "If you know someone’s username, open their profile and press “Follow”. They’ll appear here.";
pub const QUIET_FOLLOW_BACK: &str = "These people follow you. Follow back anyone you know, and they’ll appear here.";
pub const PEOPLE_FOLLOWED: &str = "People you follow";
pub const NEW_FOLLOWERS: &str = "New followers";
pub const SUGGESTIONS: &str = "People you may know";
pub const SEE_ALL: &str = "See all";
pub const FOLLOWERS: &str = "Followers";
pub const FOLLOWING: &str = "Following";
pub const SIGN_IN_FIRST: &str = "Sign in to see these people";
pub const FOLLOW: &str = "Follow";
pub const UNFOLLOW: &str = "Unfollow";
pub const FOLLOWS_YOU: &str = "Follows you";
pub const FOLLOWER: &str = "follower";
pub const FOLLOWERS_COUNTED: &str = "followers";
pub const FOLLOWING_COUNTED: &str = "following";
pub const PAGES: &str = "Pages";
pub const PREVIOUS: &str = "Previous";
pub const NEXT: &str = "Next";
pub const MORE: &str = "Load more";
pub const FIRST_PAGE: &str = "Go to the first page";
pub const PAGE_EMPTY: &str = "This page is empty";
pub const PAGE_EMPTY_WHY: &str = "The list is shorter now.";
pub const NO_FOLLOWERS_YOU: &str = "You have no followers yet";
pub const NO_FOLLOWERS_YOU_NEXT: &str = "Follow people you know. They’ll see it and may follow you back.";
pub const NO_FOLLOWERS: &str = "No followers yet";
pub const NO_FOLLOWERS_NEXT: &str = "Be the first.";
pub const NO_FOLLOWING_YOU: &str = "You aren’t following anyone yet";
pub const NO_FOLLOWING_YOU_NEXT: &str = "Open the profile of someone you know and press “Follow”.";
pub const NO_FOLLOWING: &str = "Not following anyone yet";
pub const NO_FOLLOWING_NEXT: &str = "People they follow will appear here.";

#[must_use]
pub fn hello(name: &str) -> String {
    format!("Hello, {name}")
}

/// Explains a suggestion: `count` of the users that the viewer follows also follow it.
#[must_use]
pub fn mutual(count: i64) -> String {
    format!("Followed by {count} you follow")
}

#[must_use]
pub fn follows_no_longer(name: &str) -> String {
    format!("{name} no longer follows you")
}

#[must_use]
pub fn could_not_follow(name: &str) -> String {
    format!("Could not follow {name}")
}

#[must_use]
pub fn could_not_unfollow(name: &str) -> String {
    format!("Could not unfollow {name}")
}

#[must_use]
pub fn could_not_remove(name: &str) -> String {
    format!("Could not remove {name}")
}
