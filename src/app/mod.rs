//! The user interface, rendered on the server and hydrated in the browser.

use leptos::children::ToChildren;
use leptos::prelude::*;
use leptos::tachys::view::iterators::StaticVec;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, FlatRoutesProps, Router};
use leptos_router::{NestedRoute, SsrMode};

use crate::rest::page_data::Json;
use crate::text;

pub mod chunks;
pub mod header;
pub mod landing;
pub mod page_context;
pub mod routes;

/// Forms: fields, input, sending, and the outcome.
pub mod form {
    pub mod clear_password;
    mod error_summary;
    pub mod failure;
    pub mod field;
    pub mod flash;
    #[expect(clippy::module_inception, reason = "the component is named after the element")]
    pub mod form;
    pub mod form_state;
    pub mod password_field;
    pub mod sign_in_again;
    pub mod submission;
    pub mod submit_button;
    pub mod text_area;
    pub mod unsaved;
}

/// Components for any page.
pub mod ui {
    pub mod badge;
    pub mod banner;
    pub mod focus;
    pub mod load_error;
    pub mod nav_link;
    pub mod not_found;
    pub mod skeleton;
    pub mod state_card;
    pub mod state_heading;
    pub mod toast;
    pub mod unavailable;
    pub mod wordmark;
}

pub mod accounts {
    pub mod account_deleted;
    pub mod confirm_email;
    pub mod forgot_password;
    mod link_page;
    pub mod link_token;
    pub mod register;
    pub mod resend_form;
    pub mod reset_password;
    pub mod undo_email_change;
    pub mod username_field;
    pub mod verify_email;
}

pub mod sign_in {
    pub mod current_user;
    pub mod login;
    pub mod personal_card;
    pub mod reauthenticate;
    pub mod sign_in_link;
    pub mod sign_in_prompt;
    pub mod signed_in;
}

pub mod profiles {
    pub mod avatar;
    pub mod avatar_picker;
    pub mod edit_profile;
    pub mod own_profile;
    pub mod picked_file;
    mod preview;
    pub mod profile;
    pub mod profile_card;
    pub mod renamed;
}

pub mod settings {
    pub mod account;
    pub mod blocked;
    pub mod current_password_field;
    pub mod delete_account;
    pub mod email_form;
    pub mod export_links;
    pub mod password_form;
    pub mod privacy;
    pub mod security;
    pub mod session_row;
    pub mod sessions;
    pub mod settings_nav;
    pub mod settings_page;
    pub mod settings_section;
    pub mod username_form;
}

pub mod graph {
    pub mod empty_people;
    pub mod follow_button;
    pub mod follow_counts;
    pub mod follow_requests;
    mod list_place;
    pub mod paged_people;
    pub mod pager;
    pub mod people;
    pub mod people_list;
    pub mod person_menu;
    pub mod person_row;
    pub mod related_people;
    pub mod relations;
    pub mod remove_follower;
    pub mod report_form;
    pub mod timeline;
}

pub mod search {
    pub mod header_search;
    pub mod page;
    mod typeahead;
}

use self::form::failure::Failure;
use self::graph::relations;
use self::header::SiteHeader;
use self::page_context::{PageContext, PageContextStore};
use self::routes::ROUTES;
use self::sign_in::current_user::CurrentUser;
use self::ui::{not_found, unavailable};
use crate::view::Erase;

/// The router. Pages are rendered completely before they are sent, so that they work without JavaScript and have the
/// right status or redirect. All routes have the same type, so that the router is compiled once.
fn router_outlet() -> impl IntoView {
    let route = |route: routes::Route| NestedRoute::new(route.path, route.page).ssr_mode(SsrMode::Async);
    let routes = StaticVec::from(ROUTES.map(route).to_vec());
    let fallback = || not_found::NotFound().erase();
    FlatRoutes(FlatRoutesProps::builder().fallback(fallback).children(ToChildren::to_children(move || routes)).build())
}

/// The frame around every page, without the footer, which is part of the document (`document/footer.rs`).
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let context = || use_context::<PageContext>().unwrap_or_default();
    let mut context = SharedValue::<_, Json>::new_with_encoding(context).into_inner();
    let is_unavailable = context.is_unavailable;
    provide_context(CurrentUser::new(context.me.take()));
    provide_context(PageContextStore::new(context));
    relations::provide_owner();
    let failure = Failure::default();
    provide_context(failure.clone());

    view! {
        <Title formatter=move |page: String| failure.title(&page) />
        <Router>
            <a class="skip-link" href="#main" rel="external">
                {text::ui::skip()}
            </a>
            <SiteHeader />
            {if is_unavailable { view! { <unavailable::Unavailable /> }.erase() } else { router_outlet().erase() }}
        </Router>
    }
}
