//! `/sign-in-link`: requests a mail with a link that signs in once. The link opens the same page and signs in with a
//! button, since mail scanners open links.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::sign_in::sign_in_link::SignInLink;
use crate::api::sign_in::sign_in_with_link::SignInWithLink;
use crate::app::accounts::link_token::take_token;
use crate::app::form::field::Field;
use crate::app::form::form::Form;
use crate::app::form::submission::Submission;
use crate::app::form::submit_button::SubmitButton;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::ui::banner::{Banner, ErrorBanner, Kind};
use crate::app::ui::state_heading::StateHeading;
use crate::model::email;
use crate::model::error::ErrorCode;
use crate::text;
use crate::view::{Erase, effect, reactive};

/// The page that form posts return to, without the token.
const BACK: &str = "/sign-in-link";
/// The page that opens after signing in.
const NEXT: &str = "/timeline";

#[component]
pub fn SignInLinkPage() -> impl IntoView {
    let sign_in = Submission::<SignInWithLink>::start();
    let token = take_token();
    effect(move || {
        if sign_in.has_output() {
            drop(window().location().set_href(NEXT));
        }
    });
    let is_broken =
        Memo::new(move |_| sign_in.error().is_some_and(|error| error.code == ErrorCode::InvalidSignInToken));
    view! {
        <Title text=text::sign_in::link() />
        <main class="page narrow" id="main" tabindex="-1">
            {reactive(move || match token.clone() {
                Some(token) if !is_broken.get() => view! { <UseLink sign_in token /> }.erase(),
                _ => view! { <RequestLink is_broken=is_broken.get() /> }.erase(),
            })}
        </main>
    }
}

#[component]
fn UseLink(sign_in: Submission<SignInWithLink>, token: String) -> impl IntoView {
    view! {
        <div class="card">
            <Badge symbol=Symbol::Mail />
            <h1>{text::sign_in::link_use()}</h1>
            <p>{text::sign_in::link_use_lead()}</p>
            <ErrorBanner error=Signal::derive(move || sign_in.error()) />
            <Form submission=sign_in back=BACK next=NEXT>
                <input type="hidden" name="token" value=token />
                <SubmitButton label=text::sign_in::sign_in() busy=text::sign_in::signing_in() />
            </Form>
        </div>
    }
}

#[component]
fn RequestLink(is_broken: bool) -> impl IntoView {
    let request = Submission::<SignInLink>::start();
    view! {
        <div class="card">
            {if is_broken {
                view! {
                    <Badge symbol=Symbol::BrokenLink />
                    <StateHeading text=text::sign_in::link_broken() />
                    <p>{text::sign_in::link_broken_why()}</p>
                }
                    .erase()
            } else {
                view! {
                    <h1>{text::sign_in::link()}</h1>
                    <p>{text::sign_in::link_lead()}</p>
                }
                    .erase()
            }} <ErrorBanner error=Signal::derive(move || request.error()) />
            {reactive(move || {
                request
                    .succeeded()
                    .then(|| {
                        view! {
                            <Banner kind=Kind::Success text=text::sign_in::link_sent()>
                                <p>{text::sign_in::link_sent_limits()}</p>
                            </Banner>
                        }
                            .erase()
                    })
            })} <Form submission=request back=BACK>
                <Field name="email" label=text::form::email() rule=email::check kind="email" autocomplete="username" />
                <SubmitButton label=text::sign_in::link_button() busy=text::form::sending() />
            </Form>
            <p class="aside">{text::sign_in::knows_password()}<a href="/login">{text::sign_in::with_password()}</a></p>
        </div>
    }
}
