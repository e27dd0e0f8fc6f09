//! The list of pages, with their paths and access. The router, the files that the browser loads, the server's access
//! check and the reserved usernames are derived from it.

use leptos_router::{ParamSegment, PartialPathMatch, PathSegment, PossibleRouteMatch, StaticSegment};

/// A page, by the chunk that contains it (`chunks`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Main(MainPage),
    SignedIn(SignedInPage),
    Account(AccountPage),
}

/// A page in the chunk that every page loads: the pages that a visitor needs to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MainPage {
    Landing,
    Login,
    Register,
    VerifyEmail,
}

/// A page in the chunk for signed-in users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedInPage {
    Timeline,
    OwnProfile,
    Profile,
    Followers,
    Following,
    FollowRequests,
    Search,
    Blocks,
}

/// A page in the chunk for what people rarely do: the settings, and the pages of emailed links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountPage {
    SignInLink,
    ForgotPassword,
    ResetPassword,
    ConfirmEmail,
    UndoEmailChange,
    AccountDeleted,
    Reauthenticate,
    Account,
    Security,
    Privacy,
}

/// Who may see a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Public,
    /// Visitors are redirected to the sign-in page.
    Personal,
}

/// A page with its path and access.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub path: Pattern,
    pub page: Page,
    pub access: Access,
}

const fn route(path: &'static str, page: Page, access: Access) -> Route {
    Route { path: Pattern(path), page, access }
}

/// Every page.
pub const ROUTES: [Route; 22] = [
    route("/", Page::Main(MainPage::Landing), Access::Public),
    route("/login", Page::Main(MainPage::Login), Access::Public),
    route("/register", Page::Main(MainPage::Register), Access::Public),
    route("/verify-email", Page::Main(MainPage::VerifyEmail), Access::Public),
    route("/sign-in-link", Page::Account(AccountPage::SignInLink), Access::Public),
    route("/forgot-password", Page::Account(AccountPage::ForgotPassword), Access::Public),
    route("/reset-password", Page::Account(AccountPage::ResetPassword), Access::Public),
    route("/confirm-email", Page::Account(AccountPage::ConfirmEmail), Access::Public),
    route("/undo-email-change", Page::Account(AccountPage::UndoEmailChange), Access::Public),
    route("/account-deleted", Page::Account(AccountPage::AccountDeleted), Access::Public),
    route("/reauthenticate", Page::Account(AccountPage::Reauthenticate), Access::Personal),
    route("/settings", Page::Account(AccountPage::Account), Access::Personal),
    route("/settings/security", Page::Account(AccountPage::Security), Access::Personal),
    route("/settings/privacy", Page::Account(AccountPage::Privacy), Access::Personal),
    route("/settings/blocks", Page::SignedIn(SignedInPage::Blocks), Access::Personal),
    route("/timeline", Page::SignedIn(SignedInPage::Timeline), Access::Personal),
    route("/follow-requests", Page::SignedIn(SignedInPage::FollowRequests), Access::Personal),
    route("/search", Page::SignedIn(SignedInPage::Search), Access::Personal),
    route("/profile", Page::SignedIn(SignedInPage::OwnProfile), Access::Personal),
    route("/profile/:username", Page::SignedIn(SignedInPage::Profile), Access::Public),
    route("/profile/:username/followers", Page::SignedIn(SignedInPage::Followers), Access::Public),
    route("/profile/:username/following", Page::SignedIn(SignedInPage::Following), Access::Public),
];

/// Finds the page at a path, as the router does.
#[must_use]
pub fn find(path: &str) -> Option<Route> {
    ROUTES.into_iter().find(|route| route.path.test(path).is_some_and(|found| found.is_complete()))
}

/// A path pattern. A segment that begins with a colon is a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern(&'static str);

impl Pattern {
    fn segments(self) -> impl Iterator<Item = &'static str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// Whether `path` may match. A page is looked for several times, and nearly all patterns differ in the first letters.
    fn may_match(self, path: &str) -> bool {
        let beginning = self.0.split(':').next().unwrap_or_default().trim_matches('/');
        path.trim_start_matches('/').starts_with(beginning)
    }
}

impl PossibleRouteMatch for Pattern {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        if !self.may_match(path) {
            return None;
        }
        let (mut remaining, mut params) = (path, Vec::new());
        for segment in self.segments() {
            let found = match segment.strip_prefix(':') {
                Some(name) => ParamSegment(name).test(remaining)?,
                None => StaticSegment(segment).test(remaining)?,
            };
            remaining = found.remaining();
            params.extend(found.params());
        }
        Some(PartialPathMatch::new(remaining, params, &path[..path.len() - remaining.len()]))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        path.extend(self.segments().map(|segment| match segment.strip_prefix(':') {
            Some(name) => PathSegment::Param(name.into()),
            None => PathSegment::Static(segment.into()),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::username;

    #[test]
    fn every_path_finds_its_page() {
        for Route { path, page, .. } in ROUTES {
            let path = path.0.replace(":username", "ann");
            assert_eq!(find(&path).map(|route| route.page), Some(page), "{path}");
        }
    }

    #[test]
    fn other_paths_find_no_page() {
        for path in
            ["/Login", "/log", "/login/x", "/loginx", "/profile/ann/friends", "/profile/ann/followers/x", "//", "x"]
        {
            assert!(find(path).is_none(), "{path}");
        }
        assert_eq!(find("/login/").map(|route| route.page), Some(Page::Main(MainPage::Login)));
    }

    #[test]
    fn words_in_paths_are_not_valid_usernames() {
        for word in ROUTES.iter().flat_map(|route| route.path.segments()).filter(|word| !word.starts_with(':')) {
            assert!(username::check(word).is_err(), "{word}");
        }
    }
}
