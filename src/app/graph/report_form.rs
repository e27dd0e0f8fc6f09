//! Reports a user to those who moderate. Works without JavaScript.

use leptos::prelude::*;

use crate::api::reports::ReportUser;
use crate::app::form::form::Form;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::form::text_area::TextArea;
use crate::app::ui::banner::ErrorBanner;
use crate::model::id::UserId;
use crate::model::profiles::is_forbidden;
use crate::model::reports::{CATEGORIES, COMMENT_MAX};
use crate::text;
use crate::view::{Erase, condition};

/// The form, below its button. `report` is what it sends.
#[component]
pub fn ReportForm(id: UserId, report: Submission<ReportUser>) -> impl IntoView {
    let is_sent = condition(move || report.succeeded());
    let is_open = has_outcome(report);
    let chosen = report.value("category").unwrap_or_default();
    let options: Vec<_> = CATEGORIES
        .into_iter()
        .map(|category| {
            view! {
                <option value=category selected=chosen == category>
                    {label(category)}
                </option>
            }
        })
        .collect();
    let options = StoredValue::new(options);
    view! {
        <details open=is_open>
            <summary class="button quiet">{text::graph::report()}</summary>
            {move || {
                if is_sent.get() {
                    return view! { <p role="status">{text::graph::report_sent()}</p> }.erase();
                }
                let options = options.try_update_value(std::mem::take).unwrap_or_default();
                view! {
                    <ErrorBanner error=Signal::derive(move || report.error()) />
                    <Form submission=report>
                        <input type="hidden" name="user_id" value=id.to_string() />
                        <div class="field">
                            <label for="category">{text::graph::report_category()}</label>
                            <select class="input" id="category" name="category">
                                {options}
                            </select>
                        </div>
                        <TextArea
                            name="comment"
                            label=text::graph::report_comment()
                            rule=check_comment
                            max=COMMENT_MAX
                        />
                        <SubmitButton label=text::graph::report_send() busy=text::form::sending() class="button" />
                    </Form>
                }
                    .erase()
            }}
        </details>
    }
}

/// Returns whether a form post of the report has led to this page.
#[must_use]
pub fn has_outcome(report: Submission<ReportUser>) -> bool {
    untrack(|| report.succeeded() || report.error().is_some())
}

fn label(category: &str) -> &'static str {
    match category {
        "spam" => text::graph::report_spam(),
        "abuse" => text::graph::report_abuse(),
        "impersonation" => text::graph::report_impersonation(),
        _ => text::graph::report_other(),
    }
}

/// Checks a comment before it is sent.
fn check_comment(value: &str) -> Result<(), &'static str> {
    let is_valid = value.replace("\r\n", "\n").chars().count() <= COMMENT_MAX
        && !value.chars().any(|char| !matches!(char, '\n' | '\r' | '\t') && is_forbidden(char));
    if is_valid { Ok(()) } else { Err(text::graph::report_too_long()) }
}
