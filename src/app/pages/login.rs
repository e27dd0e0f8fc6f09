//! `/login` (USER-FE-002.1, USER-FE-002.2).

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::api::login::Login;
use crate::app::components::banner::{Banner, ErrorBanner, Kind};
use crate::app::components::field::Field;
use crate::app::components::form::Form;
use crate::app::components::password_field::PasswordField;
use crate::app::components::resend_form::ResendForm;
use crate::app::components::submission::Submission;
use crate::app::components::submit_button::SubmitButton;
use crate::app::current_user::CurrentUser;
use crate::model::credentials;
use crate::rest::error::ErrorCode;
use crate::rest::local_path::local_path;

#[component]
pub fn LoginPage() -> impl IntoView {
    let login = Submission::<Login>::start();
    let query = use_query_map();
    let next = Memo::new(move |_| {
        let next = query.with(|query| query.get("next"));
        next.as_deref().and_then(local_path).unwrap_or("/timeline").to_owned()
    });
    // The banner about an unverified address names it.
    let email = RwSignal::new(login.typed().remove("email").unwrap_or_default());
    let password: NodeRef<Input> = NodeRef::new();
    let user = CurrentUser::expect();
    let navigate = use_navigate();
    Effect::new(move || {
        if login.output().is_some() {
            let navigate = navigate.clone();
            spawn_local(async move {
                user.load().await;
                navigate(&next.get_untracked(), Default::default());
            });
        }
        // USER-FE-002.2-S1
        else if login.error().is_some()
            && let Some(input) = password.get_untracked()
        {
            input.set_value("");
            drop(input.focus());
        }
    });
    let unverified = move || login.error().is_some_and(|error| error.code == ErrorCode::EmailNotVerified);
    let other_error = Signal::derive(move || login.error().filter(|error| error.code != ErrorCode::EmailNotVerified));
    view! {
        <Title text="Sign in"/>
        <main class="page narrow" id="main" tabindex="-1">
            <div class="card">
                <h1>"Welcome back"</h1>
                <ErrorBanner error=other_error/>
                {move || unverified().then(|| view! { <NotVerified email/> })}
                <Form submission=login next>
                    <Field
                        name="email"
                        label="Email"
                        rule=credentials::typed_email
                        kind="email"
                        autocomplete="username"
                        value=email
                    />
                    <PasswordField rule=credentials::password autocomplete="current-password" node=password/>
                    <SubmitButton label="Sign in" busy="Signing in…"/>
                </Form>
                <p class="aside">"New here? "<A href="/register">"Create an account"</A></p>
            </div>
        </main>
    }
}

#[component]
fn NotVerified(email: RwSignal<String>) -> impl IntoView {
    view! {
        <Banner kind=Kind::Info text="Please verify your email">
            <p>"Open the link we sent to "<strong>{move || email.get()}</strong>"."</p>
            <ResendForm email=email.get_untracked()/>
        </Banner>
    }
}
