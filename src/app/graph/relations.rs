//! Who follows whom, and how many, as the pages know it: one place, so that what stands twice on a page
//! agrees, and all of it changes at once when a button is used.

use leptos::prelude::*;
use leptos::reactive::owner::WeakOwner;
use vecmap::{VecMap, VecSet};

use crate::api::graph::follow::{Follow, RemoveFollower, Unfollow, follow, unfollow};
use crate::app::form::flash;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::view::{effect, spawn};
use crate::model::error::ApiError;
use crate::model::graph::{Person, SeenProfile};
use crate::model::id::UserId;
use crate::model::profiles::Profile;
use crate::text;

/// How many follow somebody, and how many they follow.
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

/// The application's own owner: what is made in it outlives its pages. It is weak, since an owner that
/// holds itself is never dropped, and on the server nor is anything of the request.
#[derive(Clone)]
struct AppOwner(WeakOwner);

/// Keeps the current owner for [`Graph::expect`].
pub fn provide_owner() {
    if let Some(owner) = Owner::current() {
        provide_context(AppOwner(owner.downgrade()));
    }
}

/// The part of the graph that has been shown so far. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Graph {
    user: CurrentUser,
    /// Whom the viewer follows, as the buttons say: ahead of the server while a request is under way.
    following: RwSignal<VecMap<UserId, bool>>,
    counts: RwSignal<VecMap<UserId, Counts>>,
    /// Those about whom a request is under way.
    sending: StoredValue<VecSet<UserId>>,
    problem: RwSignal<Option<String>>,
}

impl Graph {
    /// Starts with what a plain form that led here came to.
    #[must_use]
    pub fn new(user: CurrentUser) -> Self {
        let posted = [flash::take::<Follow>(), flash::take::<Unfollow>(), flash::take::<RemoveFollower>()];
        let error = posted.into_iter().flatten().find_map(|flash| flash.error);
        let graph = Self {
            user,
            following: RwSignal::default(),
            counts: RwSignal::default(),
            sending: StoredValue::default(),
            problem: RwSignal::new(error.map(|error| error.message.into_owned())),
        };
        if let Some(me) = user.get_untracked() {
            graph.load_counts(&me.profile);
        }
        effect(move || match user.get() {
            Some(me) => graph.load_counts(&me.profile),
            None => graph.forget(),
        });
        graph
    }

    /// The application's, which the first component that asks makes: so its code is in the chunk of those
    /// components.
    #[must_use]
    pub fn expect() -> Self {
        let AppOwner(owner) = expect_context();
        let find_or_make = || {
            use_context().unwrap_or_else(|| {
                let graph = Self::new(CurrentUser::expect());
                provide_context(graph);
                graph
            })
        };
        owner.upgrade().map_or_else(find_or_make, |owner| owner.with(find_or_make))
    }

    /// Takes in people as the server told of them just now.
    pub fn load_people<'p>(self, people: impl IntoIterator<Item = &'p Person>) {
        self.following.update(|following| {
            for Person { user, viewer } in people {
                if !self.is_sending(user.id) {
                    following.insert(user.id, viewer.is_some_and(|viewer| viewer.following));
                }
            }
        });
    }

    /// Takes in a profile as the server told of it just now.
    pub fn load_profile(self, SeenProfile { profile, viewer }: &SeenProfile) {
        if !self.is_sending(profile.id) {
            let following = viewer.is_some_and(|viewer| viewer.following);
            self.following.update(|known| _ = known.insert(profile.id, following));
        }
        self.load_counts(profile);
    }

    /// Takes in the counts of a profile as the server told of it just now. What is under way may or may
    /// not be in them.
    pub fn load_counts(self, profile: &Profile) {
        let is_mine = self.user.id_untracked() == Some(profile.id);
        let unsettled =
            self.sending.with_value(|sending| sending.contains(&profile.id) || is_mine && !sending.is_empty());
        self.counts.update(|counts| {
            if !(unsettled && counts.contains_key(&profile.id)) {
                counts.insert(profile.id, Counts::from(profile));
            }
        });
    }

    /// Whether the viewer follows them.
    #[must_use]
    pub fn follows(self, id: UserId) -> bool {
        self.following.with(|following| following.get(&id).copied().unwrap_or_default())
    }

    /// The counts of somebody whose profile was shown.
    #[must_use]
    pub fn counts(self, id: UserId) -> Option<Counts> {
        self.counts.with(|counts| counts.get(&id).copied())
    }

    /// Why the last change did not come about.
    #[must_use]
    pub fn problem(self) -> Option<String> {
        self.problem.get()
    }

    /// Tells why `what` did not come about.
    pub fn report(self, what: &str, error: &ApiError) {
        self.problem.set(Some(format!("{what}. {}", error.message)));
    }

    /// Tells it no longer.
    pub fn forget_problem(self) {
        self.problem.set(None);
    }

    /// Follows somebody, or ends it. It shows at once; what the viewer wants meanwhile is sent when the
    /// answer has come, so that nothing is lost and the last word counts.
    pub fn toggle(self, id: UserId, name: String) {
        let before = untrack(|| self.follows(id));
        self.forget_problem();
        self.show(id, !before);
        if !self.is_sending(id) {
            self.sending.update_value(|sending| _ = sending.insert(id));
            spawn(async move {
                self.send(id, &name, before).await;
                self.sending.update_value(|sending| _ = sending.remove(&id));
            });
        }
    }

    /// Sends until the server has what the button says, which is `confirmed` so far.
    async fn send(self, id: UserId, name: &str, mut confirmed: bool) {
        while untrack(|| self.follows(id)) != confirmed {
            let outcome = if confirmed { unfollow(id).await } else { follow(id).await.map(drop) };
            match outcome {
                Ok(()) => confirmed = !confirmed,
                Err(error) => {
                    self.show(id, confirmed);
                    let what = if confirmed { text::graph::could_not_unfollow } else { text::graph::could_not_follow };
                    self.report(&what(name), &error);
                }
            }
        }
    }

    /// A follower was removed.
    pub fn removed(self) {
        if let Some(viewer) = self.user.id_untracked() {
            self.count(viewer, |counts| counts.followers -= 1);
        }
    }

    fn show(self, id: UserId, following: bool) {
        if untrack(|| self.follows(id)) == following {
            return;
        }
        let step = if following { 1 } else { -1 };
        self.following.update(|known| _ = known.insert(id, following));
        self.count(id, |counts| counts.followers += step);
        if let Some(viewer) = self.user.id_untracked() {
            self.count(viewer, |counts| counts.followees += step);
        }
    }

    fn count(self, id: UserId, change: impl FnOnce(&mut Counts)) {
        self.counts.update(|counts| _ = counts.get_mut(&id).map(change));
    }

    fn is_sending(self, id: UserId) -> bool {
        self.sending.with_value(|sending| sending.contains(&id))
    }

    /// Another viewer stands differently to everybody.
    fn forget(self) {
        self.following.set(VecMap::new());
        self.counts.set(VecMap::new());
        self.forget_problem();
    }
}
