//! The application as people see it, on the server and in the browser.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};
use serde::{Deserialize, Serialize};

use crate::model::account::Me;
use crate::rest::form::Flash;

pub mod components;
pub mod current_user;
pub mod flash;
pub mod graph;
pub mod pages;

use components::site_header::SiteHeader;
use components::toast::GraphToast;
use current_user::CurrentUser;
use graph::Graph;
use pages::{landing, login, not_found, own_profile, people, profile, register, timeline, unavailable, verify_email};

/// What the server knows when it renders a page, handed on to the browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageContext {
    pub me: Option<Me>,
    pub flash: Option<Flash>,
    /// The database did not say who looks at the page.
    pub fault: bool,
    /// What the page's own scripts prove themselves with; the browser does not need it.
    #[serde(skip)]
    pub nonce: Option<String>,
}

/// The document around the application; rendered on the server only.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let PageContext { me, fault, nonce, .. } = use_context().unwrap_or_default();
    view! {
            <!DOCTYPE html>
            <html lang="en" data-signed-in=me.map(|_| "")>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="theme-color" content="#f6f4ee" media="(prefers-color-scheme: light)"/>
                    <meta name="theme-color" content="#121614" media="(prefers-color-scheme: dark)"/>
                    <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                    <link rel="apple-touch-icon" href="/apple-touch-icon.png"/>
                    <link rel="manifest" href="/site.webmanifest"/>
                    <HashedStylesheet id="kith" options=options.clone()/>
                    <script nonce=nonce inner_html=include_str!("hold_submit.js")></script>
    // What takes the place of a page has nothing to hydrate; every link loads anew.
                    {(!fault).then(|| view! { <HydrationScripts options/> })}
                    <MetaTags/>
                </head>
                <body>
                    <App/>
                </body>
            </html>
        }
}

/// The routes. Pages are rendered whole before they are sent, so that all works with JavaScript off
/// and statuses and redirects are right.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let context = SharedValue::new(|| use_context::<PageContext>().unwrap_or_default()).into_inner();
    let fault = context.fault;
    let user = CurrentUser::new(context.me);
    provide_context(user);
    flash::provide(context.flash);
    provide_context(Graph::new(user));

    view! {
        <Title formatter=|title: String| if title.is_empty() { "Kith".to_owned() } else { format!("{title} · Kith") }/>
        <Router>
            <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
            <SiteHeader/>
            {if fault {
                view! { <unavailable::Unavailable/> }.into_any()
            } else {
                view! {
                    <FlatRoutes fallback=not_found::NotFound>
                        <Route path=path!("/") view=landing::Landing ssr=SsrMode::Async/>
                        <Route path=path!("/register") view=register::RegisterPage ssr=SsrMode::Async/>
                        <Route path=path!("/login") view=login::LoginPage ssr=SsrMode::Async/>
                        <Route path=path!("/verify-email") view=verify_email::VerifyEmailPage ssr=SsrMode::Async/>
                        <Route path=path!("/timeline") view=timeline::Timeline ssr=SsrMode::Async/>
                        <Route path=path!("/profile") view=own_profile::OwnProfile ssr=SsrMode::Async/>
                        <Route path=path!("/profile/:username") view=profile::ProfilePage ssr=SsrMode::Async/>
                        <Route path=path!("/profile/:username/followers") view=people::Followers ssr=SsrMode::Async/>
                        <Route path=path!("/profile/:username/following") view=people::Following ssr=SsrMode::Async/>
                    </FlatRoutes>
                }
                .into_any()
            }}
            <GraphToast/>
            <footer class="site-footer">
                <p>"Kith: friends and acquaintances."</p>
            </footer>
        </Router>
    }
}
