//! The viewer's own lists: the users that they block or mute, and requests to follow them.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::pager::Pager;
use super::person_row::PersonLink;
use crate::api::graph::block::{Unblock, blocks};
use crate::api::graph::follow_requests::{AcceptFollowRequest, DeclineFollowRequest, follow_requests};
use crate::api::graph::mute::{Unmute, mutes};
use crate::app::form::form::Form;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::focus::focus;
use crate::app::ui::load_error::LoadError;
use crate::app::ui::skeleton::PeopleSkeleton;
use crate::model::error::ApiError;
use crate::model::graph::{People, Person};
use crate::model::profiles::PublicUser;
use crate::rest::page_data::Json;
use crate::text;
use crate::view::{Erase, Erased, condition, effect};

/// A list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Related {
    Blocks,
    Mutes,
    Requests,
}

/// A button of a row: its operation, with its route, and its label and class.
type Button = (AnySubmission, &'static str, &'static str, &'static str);

impl Related {
    /// The element id of the list, and the name of its cursor in the query of the page.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Blocks => "blocked",
            Self::Mutes => "muted",
            Self::Requests => "requests",
        }
    }

    fn empty(self) -> &'static str {
        match self {
            Self::Blocks => text::settings::no_blocks(),
            Self::Mutes => text::settings::no_mutes(),
            Self::Requests => text::graph::no_requests(),
        }
    }

    async fn fetch(self, cursor: Option<String>) -> Result<People, ApiError> {
        match self {
            Self::Blocks => blocks(None, None, cursor).await,
            Self::Mutes => mutes(None, None, cursor).await,
            Self::Requests => follow_requests(false, None, None, cursor).await,
        }
    }

    fn buttons(self) -> Vec<Button> {
        let quiet = "button quiet";
        match self {
            Self::Blocks => {
                vec![(Submission::<Unblock>::start().into(), Unblock::PATH, text::graph::unblock(), quiet)]
            }
            Self::Mutes => vec![(Submission::<Unmute>::start().into(), Unmute::PATH, text::graph::unmute(), quiet)],
            Self::Requests => vec![
                (
                    Submission::<AcceptFollowRequest>::start().into(),
                    AcceptFollowRequest::PATH,
                    text::graph::accept(),
                    "button",
                ),
                (
                    Submission::<DeclineFollowRequest>::start().into(),
                    DeclineFollowRequest::PATH,
                    text::graph::decline(),
                    quiet,
                ),
            ],
        }
    }
}

/// The list, which begins after `cursor`: without JavaScript, a link leads to the next page. `path` is that of this page.
#[component]
pub fn RelatedPeople(list: Related, path: &'static str, cursor: Option<String>) -> impl IntoView {
    let start = StoredValue::new(cursor);
    // The outcome of a form post. Taken with the page: what waits for the list can run again.
    let posted = untrack(|| list.buttons().into_iter().find_map(|(submission, ..)| submission.error()));
    let posted = StoredValue::new(posted);
    let found = Resource::<_, Json>::new_with_options(|| (), move |()| list.fetch(start.get_value()), false);
    view! {
        <Suspense fallback=PeopleSkeleton>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(people) => view! { <Found list path people posted=posted.get_value() /> }.erase(),
                    Err(error) => view! { <LoadError error retry=Callback::new(move |()| found.refetch()) /> }.erase(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Found(list: Related, path: &'static str, people: People, posted: Option<ApiError>) -> impl IntoView {
    let People { items, next_cursor, .. } = people;
    let next = next_cursor.as_ref().map(|cursor| format!("{path}?{}={cursor}", list.id()));
    let (items, cursor) = (RwSignal::new(items), RwSignal::new(next_cursor));
    let load = Action::new(move |cursor: &String| list.fetch(Some(cursor.clone())));
    let loaded = load.value();
    effect(move || {
        if let Some(Ok(more)) = loaded.get() {
            items.update(|items| items.extend(more.items));
            cursor.set(more.next_cursor);
        }
    });
    let (status, error) = (RwSignal::new(String::new()), RwSignal::new(posted));
    let is_empty = condition(move || items.with(Vec::is_empty));
    let on_done = Callback::new(move |(user, done): (PublicUser, &'static str)| {
        error.set(None);
        status.set([user.name(), ": ", done].concat());
        items.update(|items| items.retain(|person| person.user.id != user.id));
        focus(format!("#{}", list.id()));
    });
    view! {
        <p class="visually-hidden" role="status">
            {status}
        </p>
        <ErrorBanner error=Signal::derive(move || error.get().or_else(|| loaded.get().and_then(Result::err))) />
        <div id=list.id() tabindex="-1">
            {move || {
                if is_empty.get() {
                    view! { <p class="muted">{list.empty()}</p> }.erase()
                } else {
                    view! {
                        <ul class="people">
                            <For
                                each=move || items.get()
                                key=|person| person.user.id
                                children=move |person| row(list, person, path, on_done, error)
                            />
                        </ul>
                    }
                        .erase()
                }
            }}
        </div>
        <Pager previous=None next cursor load />
    }
}

fn row(
    list: Related,
    person: Person,
    path: &'static str,
    on_done: Callback<(PublicUser, &'static str)>,
    error: RwSignal<Option<ApiError>>,
) -> Erased {
    let user = person.user;
    let name_id = format!("{}-{}", list.id(), user.id);
    let id = user.id.to_string();
    let form = |(submission, template, label, class): Button| {
        let (user, id, name_id) = (user.clone(), id.clone(), name_id.clone());
        effect(move || {
            if submission.has_outcome() {
                match submission.error() {
                    Some(failed) => error.set(Some(failed)),
                    None => on_done.run((user.clone(), label)),
                }
            }
        });
        view! {
            <Form submission action=template.replace("{id}", &id) back=path>
                <input type="hidden" name="id" value=id />
                <SubmitButton label busy=text::form::sending() class described_by=name_id />
            </Form>
        }
        .erase()
    };
    let forms: Vec<_> = list.buttons().into_iter().map(form).collect();
    view! {
        <li>
            <PersonLink user=user.clone() name_id=name_id.clone() />
            <div class="actions">{forms}</div>
        </li>
    }
    .erase()
}
