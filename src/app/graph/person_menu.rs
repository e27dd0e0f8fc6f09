//! What a viewer can do about a user besides following: blocking, muting and reporting. Works without JavaScript.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::relations::Graph;
use super::report_form::{self, ReportForm};
use crate::api::graph::block::{Block, Unblock};
use crate::api::graph::mute::{Mute, Unmute};
use crate::api::reports::ReportUser;
use crate::app::form::form::Form;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::focus::focus;
use crate::model::graph::Relation;
use crate::model::id::UserId;
use crate::rest::form::Fields;
use crate::text;
use crate::view::{Erase, Erased, effect, reactive};

/// Seconds of a mute that ends on its own.
const WEEK: u32 = 7 * 24 * 60 * 60;

/// A menu that blocks, mutes or reports a user. `relation` is changed with what is done.
#[component]
pub fn PersonMenu(
    id: UserId,
    name: String,
    relation: RwSignal<Relation>,
    report: Submission<ReportUser>,
) -> impl IntoView {
    let graph = Graph::expect();
    let (block, mute) = (Submission::<Block>::start(), Submission::<Mute>::start());
    let (mute_week, unmute) = (Submission::<Mute>::start(), Submission::<Unmute>::start());
    on_success(block, move || {
        graph.block(id, relation.get_untracked().followed_by);
        relation.set(Relation { blocking: true, muting: relation.get_untracked().muting, ..Relation::default() });
        focus(".profile .actions button".to_owned());
    });
    let set_muting = move |muting| {
        relation.update(|relation| relation.muting = muting);
        focus(".menu summary".to_owned());
    };
    on_success(mute, move || set_muting(true));
    on_success(mute_week, move || set_muting(true));
    on_success(unmute, move || set_muting(false));
    for submission in [AnySubmission::from(block), mute.into(), mute_week.into(), unmute.into()] {
        let name = name.clone();
        effect(move || {
            if let Some(error) = submission.error() {
                graph.report(&text::graph::could_not_change(&name), &error);
            }
        });
    }
    // JSON has numbers, unlike a form.
    let send_week = Callback::new(move |_| mute_week.send(&Mute { id, expires_in: Some(WEEK) }));
    let muting = Memo::new(move |_| relation.get().muting);
    let (effect_of_block, label) = (text::graph::block_effect(&name), text::graph::more_about(&name));
    view! {
        <details class="menu" open=report_form::has_outcome(report)>
            <summary class="button quiet" aria-label=label>
                <svg class="nav-icon" viewBox="0 0 24 24" aria-hidden="true">
                    <path d="M5.5 12h.01M12 12h.01M18.5 12h.01"></path>
                </svg>
            </summary>
            <div>
                {reactive(move || {
                    if muting.get() {
                        item(unmute.into(), Unmute::PATH, id, text::graph::unmute(), None, send(unmute))
                    } else {
                        view! {
                            {item(mute.into(), Mute::PATH, id, text::graph::mute(), None, send(mute))}
                            {item(mute_week.into(), Mute::PATH, id, text::graph::mute_week(), Some(WEEK), send_week)}
                        }
                            .erase()
                    }
                })} {item(block.into(), Block::PATH, id, text::graph::block(), None, send(block))}
                <p class="hint">{effect_of_block}</p> <ReportForm id report />
            </div>
        </details>
    }
}

/// The button that ends a block.
#[component]
pub fn UnblockButton(id: UserId, relation: RwSignal<Relation>) -> impl IntoView {
    let unblock = Submission::<Unblock>::start();
    on_success(unblock, move || {
        relation.update(|relation| relation.blocking = false);
        focus(".profile .actions button".to_owned());
    });
    item(unblock.into(), Unblock::PATH, id, text::graph::unblock(), None, send(unblock))
}

/// Sends the fields of the form.
fn send(submission: impl Into<AnySubmission>) -> Callback<Fields> {
    let submission = submission.into();
    Callback::new(move |typed: Fields| submission.send(&typed))
}

/// Runs when the application has sent the operation and it succeeded.
fn on_success<Op: 'static>(submission: Submission<Op>, run: impl Fn() + 'static) {
    effect(move || {
        if submission.has_output() {
            run();
        }
    });
}

/// A form with one button. `template` is the route of the operation.
fn item(
    submission: AnySubmission,
    template: &'static str,
    id: UserId,
    label: &'static str,
    expires_in: Option<u32>,
    on_submit: Callback<Fields>,
) -> Erased {
    let id = id.to_string();
    view! {
        <Form submission action=template.replace("{id}", &id) on_submit>
            <input type="hidden" name="id" value=id />
            {expires_in.map(|seconds| view! { <input type="hidden" name="expires_in" value=seconds.to_string() /> })}
            <SubmitButton label busy=text::form::sending() class="button quiet" />
        </Form>
    }
    .erase()
}
