//! The follows and counts that pages have shown. They are stored in one place, so that everything on a page agrees, and
//! changes together when a button is clicked.

use leptos::prelude::*;
use leptos::reactive::owner::WeakOwner;
use vecmap::{VecMap, VecSet};

use super::list_place::ListPlace;
use crate::api::graph::block::{Block, Unblock};
use crate::api::graph::follow::{Follow, RemoveFollower, Unfollow, follow, unfollow};
use crate::api::graph::mute::{Mute, Unmute};
use crate::app::form::flash;
use crate::app::sign_in::current_user::CurrentUser;
use crate::model::error::ApiError;
use crate::model::graph::{FollowState, Person, Relation, SeenProfile};
use crate::model::id::UserId;
use crate::model::profiles::Profile;
use crate::text;
use crate::view::{effect, spawn};

/// A user's follower and followee counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub followers: i64,
    pub followees: i64,
}

impl From<&Profile> for Counts {
    fn from(profile: &Profile) -> Self {
        Self { followers: profile.follower_count, followees: profile.followee_count }
    }
}

/// What is known of a user.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// What the viewer has done.
    state: Option<FollowState>,
    /// Whether the user has to consent.
    private: bool,
}

impl Known {
    fn new(viewer: Option<Relation>, private: bool) -> Self {
        let state = viewer.and_then(|viewer| match viewer {
            Relation { following: true, .. } => Some(FollowState::Following),
            Relation { requested: true, .. } => Some(FollowState::Requested),
            _ => None,
        });
        Self { state, private }
    }
}

/// The application's own reactive owner: values created in it outlive the pages. The reference is weak, since an owner
/// that holds itself is never dropped, and on the server it would keep everything of the request alive.
#[derive(Clone)]
struct AppOwner(WeakOwner);

/// Provides the current owner to [`Graph::expect`].
pub fn provide_owner() {
    if let Some(owner) = Owner::current() {
        provide_context(AppOwner(owner.downgrade()));
    }
}

/// The part of the graph that has been shown so far. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Graph {
    user: CurrentUser,
    /// How the viewer follows each user, as the buttons show it: ahead of the server while a request is pending.
    follows: RwSignal<VecMap<UserId, Known>>,
    counts: RwSignal<VecMap<UserId, Counts>>,
    /// The users with a pending request.
    sending: StoredValue<VecSet<UserId>>,
    error: RwSignal<Option<String>>,
    /// Where the viewer left a list.
    place: StoredValue<Option<ListPlace>>,
}

impl Graph {
    /// Starts with the error of the form post that led to this page, if any.
    #[must_use]
    pub fn new(user: CurrentUser) -> Self {
        let posted = [
            flash::take::<Follow>(),
            flash::take::<Unfollow>(),
            flash::take::<RemoveFollower>(),
            flash::take::<Block>(),
            flash::take::<Unblock>(),
            flash::take::<Mute>(),
            flash::take::<Unmute>(),
        ];
        let error = posted.into_iter().flatten().find_map(|flash| flash.error);
        let graph = Self {
            user,
            follows: RwSignal::default(),
            counts: RwSignal::default(),
            sending: StoredValue::default(),
            error: RwSignal::new(error.map(|error| error.message.into_owned())),
            place: StoredValue::default(),
        };
        if let Some(me) = user.get_untracked() {
            graph.store_counts(&me.profile);
        }
        effect(move || match user.get() {
            Some(me) => graph.store_counts(&me.profile),
            None => graph.reset(),
        });
        graph
    }

    /// Returns the graph of the application. The first component that needs it creates it, so its code is in the chunk
    /// of those components.
    #[must_use]
    pub fn expect() -> Self {
        let AppOwner(owner) = expect_context();
        let find_or_create = || {
            use_context().unwrap_or_else(|| {
                let graph = Self::new(CurrentUser::expect());
                provide_context(graph);
                graph
            })
        };
        owner.upgrade().map_or_else(find_or_create, |owner| owner.with(find_or_create))
    }

    /// Keeps the place in a list.
    pub fn keep_place(self, place: ListPlace) {
        self.place.set_value(Some(place));
    }

    /// Returns the place that was kept last.
    #[must_use]
    pub fn place(self) -> Option<ListPlace> {
        self.place.get_value()
    }

    /// Stores the relations of users that the server has just returned.
    pub fn store_people<'p>(self, people: impl IntoIterator<Item = &'p Person>) {
        self.follows.update(|follows| {
            for Person { user, private, viewer } in people {
                if !self.is_sending(user.id) {
                    follows.insert(user.id, Known::new(*viewer, *private));
                }
            }
        });
    }

    /// Stores the relation and counts of a profile that the server has just returned.
    pub fn store_profile(self, SeenProfile { profile, private, viewer }: &SeenProfile) {
        if !self.is_sending(profile.id) {
            self.follows.update(|known| _ = known.insert(profile.id, Known::new(*viewer, *private)));
        }
        self.store_counts(profile);
    }

    /// Stores the counts of a profile that the server has just returned. Counts with a pending change are kept, since
    /// the new ones may or may not include it.
    pub fn store_counts(self, profile: &Profile) {
        let is_mine = self.user.id_untracked() == Some(profile.id);
        let unsettled =
            self.sending.with_value(|sending| sending.contains(&profile.id) || is_mine && !sending.is_empty());
        self.counts.update(|counts| {
            if !(unsettled && counts.contains_key(&profile.id)) {
                counts.insert(profile.id, Counts::from(profile));
            }
        });
    }

    /// Returns how the viewer follows the user.
    #[must_use]
    pub fn follow_state(self, id: UserId) -> Option<FollowState> {
        self.known(id).state
    }

    /// Returns whether the user has to consent to being followed.
    #[must_use]
    pub fn is_private(self, id: UserId) -> bool {
        self.known(id).private
    }

    fn known(self, id: UserId) -> Known {
        self.follows.with(|follows| follows.get(&id).copied().unwrap_or_default())
    }

    /// Returns the counts of a user whose profile was shown.
    #[must_use]
    pub fn counts(self, id: UserId) -> Option<Counts> {
        self.counts.with(|counts| counts.get(&id).copied())
    }

    /// Returns why the last change failed.
    #[must_use]
    pub fn error(self) -> Option<String> {
        self.error.get()
    }

    /// Shows `failure` with its reason.
    pub fn report(self, failure: &str, error: &ApiError) {
        self.error.set(Some(format!("{failure}. {}", error.message)));
    }

    /// Hides the error.
    pub fn clear_error(self) {
        self.error.set(None);
    }

    /// Follows a user or asks to, or ends that. The change is shown immediately. Changes during a pending request are
    /// sent after its response, so that no click is lost and the last one wins.
    pub fn toggle(self, id: UserId, name: String) {
        let Known { state: before, private } = untrack(|| self.known(id));
        self.clear_error();
        let after = match before {
            Some(_) => None,
            None if private => Some(FollowState::Requested),
            None => Some(FollowState::Following),
        };
        self.set_state(id, after);
        if !self.is_sending(id) {
            self.sending.update_value(|sending| _ = sending.insert(id));
            spawn(async move {
                self.send(id, &name, before).await;
                self.sending.update_value(|sending| _ = sending.remove(&id));
            });
        }
    }

    /// Sends requests until the server has the state that the button shows. `confirmed` is the state of the server.
    async fn send(self, id: UserId, name: &str, mut confirmed: Option<FollowState>) {
        while untrack(|| self.follow_state(id)).is_some() != confirmed.is_some() {
            let outcome = match confirmed {
                Some(_) => unfollow(id).await.map(|()| None),
                None => follow(id).await.map(|follow| Some(follow.state)),
            };
            match outcome {
                Ok(state) => {
                    confirmed = state;
                    // A user may have become private, or public.
                    if state.is_some() && untrack(|| self.follow_state(id)).is_some() {
                        self.set_state(id, state);
                    }
                }
                Err(error) => {
                    self.set_state(id, confirmed);
                    let failure = if confirmed.is_some() {
                        text::graph::could_not_unfollow
                    } else {
                        text::graph::could_not_follow
                    };
                    self.report(&failure(name), &error);
                }
            }
        }
    }

    /// Updates the viewer's count after a follower was removed.
    pub fn follower_removed(self) {
        if let Some(viewer) = self.user.id_untracked() {
            self.change_counts(viewer, |counts| counts.followers -= 1);
        }
    }

    /// Updates what is shown after the viewer has blocked a user.
    pub fn block(self, id: UserId, followed_by: bool) {
        self.set_state(id, None);
        if followed_by {
            self.follower_removed();
            self.change_counts(id, |counts| counts.followees -= 1);
        }
    }

    fn set_state(self, id: UserId, state: Option<FollowState>) {
        let known = untrack(|| self.known(id));
        if known.state == state {
            return;
        }
        self.follows.update(|follows| _ = follows.insert(id, Known { state, ..known }));
        let count = |state| i64::from(state == Some(FollowState::Following));
        let step = count(state) - count(known.state);
        self.change_counts(id, |counts| counts.followers += step);
        if let Some(viewer) = self.user.id_untracked() {
            self.change_counts(viewer, |counts| counts.followees += step);
        }
    }

    fn change_counts(self, id: UserId, change: impl FnOnce(&mut Counts)) {
        self.counts.update(|counts| _ = counts.get_mut(&id).map(change));
    }

    fn is_sending(self, id: UserId) -> bool {
        self.sending.with_value(|sending| sending.contains(&id))
    }

    /// Clears everything, since another viewer has other relations.
    fn reset(self) {
        self.follows.set(VecMap::new());
        self.counts.set(VecMap::new());
        self.place.set_value(None);
        self.clear_error();
    }
}
