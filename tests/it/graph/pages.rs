//! The server-rendered pages of the follow graph: `/profile/{username}`, its lists, and `/timeline`
//! (USER-FE-004.1, USER-FE-005.1, USER-STORY-005).

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

/// Ann, signed in with a browser, and the browser's `Cookie` header.
/// Creates `count` users who follow `followee`, the newest first.
async fn followers_of(app: &TestApp, followee: &str, count: i32) {
    let users = "INSERT INTO users.users (id, email, username, password_hash)
                 SELECT gen_random_uuid(), 'f' || n || '@example.org', 'f' || n, 'x' FROM generate_series(1, $1) n";
    sqlx::query(users).bind(count).execute(&app.pool).await.unwrap();
    let follows = "INSERT INTO users.follows (follower_id, followee_id, created_at)
                   SELECT id, $1::uuid, now() - make_interval(secs => substr(username, 2)::int)
                   FROM users.users WHERE username ~ '^f[0-9]+$'";
    sqlx::query(follows).bind(followee).execute(&app.pool).await.unwrap();
    app.settle_follows().await;
}

async fn ann(app: &TestApp) -> (TestUser, String) {
    let login = app.signed_in("ann").await;
    let token = login.access_token();
    let id = app.me(&token).await.expect(200).json()["id"].as_str().unwrap().to_owned();
    (TestUser { id, token }, login.session())
}

/// The form on the page that is submitted to `action`.
#[track_caller]
fn form<'a>(page: &'a TestResponse, action: &str) -> &'a str {
    let mut forms = page.text.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap());
    forms
        .find(|form| form.contains(&format!(r#"action="{action}""#)))
        .unwrap_or_else(|| panic!("{action}: {}", page.text))
}

/// The usernames in the list, in order.
fn listed(page: &TestResponse) -> Vec<&str> {
    let list = page.text.split(r#"class="people">"#).nth(1).unwrap_or_default();
    let list = list.split("</ul>").next().unwrap();
    list.split(r#"href="/profile/"#).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn user_fe_004_1_the_button_is_a_plain_form_that_returns_to_the_page() {
    let app = TestApp::start().await;
    let ((_, cookie), ben) = (ann(&app).await, test_user(&app, "ben").await);
    let action = format!("/users/{}/follow", ben.id);
    for (label, pressed, method, count) in [("Follow", "false", None, 1), ("Unfollow", "true", Some("DELETE"), 0)] {
        let page = app.page("/profile/ben", &cookie).await.expect(200);
        let shown = form(&page, &action);
        assert!(
            shown.contains(r#"method="post""#) && shown.contains(r#"name="_back" value="/profile/ben""#),
            "{shown}"
        );
        assert!(shown.contains(&format!(r#"aria-pressed="{pressed}""#)), "{shown}");
        assert!(shown.contains(&format!(">{label}<")), "{shown}");
        assert_eq!(shown.contains(r#"name="_method" value="DELETE""#), method.is_some(), "{shown}");
        let fields: Vec<_> =
            [("_back", "/profile/ben")].into_iter().chain(method.map(|name| ("_method", name))).collect();
        let posted = app.submit(&action, &fields, &cookie).await.expect(303);
        assert_eq!((posted.header("location"), app.count("follows").await), ("/profile/ben", count));
    }
}

#[tokio::test]
async fn a_plain_follow_that_fails_shows_the_error_on_the_page() {
    let app = TestApp::start().await;
    let (ann, cookie) = ann(&app).await;
    let action = format!("/users/{}/follow", ann.id);
    let posted = app.submit(&action, &[("_back", "/timeline")], &cookie).await.expect(303);
    let page = app.page("/timeline", &[cookie, posted.session()].join("; ")).await.expect(200);
    assert!(page.text.contains(">You cannot follow yourself</p>"), "{}", page.text);
}

#[tokio::test]
async fn the_viewers_own_profile_has_no_follow_button_and_visitors_get_a_sign_in_link() {
    let app = TestApp::start().await;
    let (_, cookie) = ann(&app).await;
    let own = app.page("/profile/ann", &cookie).await.expect(200);
    assert!(!own.text.contains("aria-pressed") && own.text.contains("Edit profile"), "{}", own.text);
    let visited = app.page("/profile/ann", "").await.expect(200);
    assert!(!visited.text.contains("aria-pressed"), "{}", visited.text);
    assert!(visited.text.contains(r#"href="/login?next=/profile/ann""#), "{}", visited.text);
    for side in ["followers", "following"] {
        let list = app.page(&format!("/profile/ann/{side}"), "").await.expect(200);
        assert!(list.text.contains(&format!(r#"href="/login?next=/profile/ann/{side}""#)), "{}", list.text);
        assert_eq!(listed(&list), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn user_fe_005_1_s1_the_counts_link_to_the_lists() {
    let app = TestApp::start().await;
    let ((ann, cookie), ben) = (ann(&app).await, test_user(&app, "ben").await);
    ben.follow(&app, &ann.id).await.expect(201);
    for path in ["/profile", "/profile/ann", "/profile/ben"] {
        let page = app.page(path, &cookie).await.expect(200);
        let name = if path.ends_with("ben") { "ben" } else { "ann" };
        for side in ["followers", "following"] {
            assert!(page.text.contains(&format!(r#"href="/profile/{name}/{side}""#)), "{path}: {}", page.text);
        }
    }
    let page = app.page("/profile/ben", &cookie).await.expect(200);
    assert!(page.text.contains("Follows you"), "{}", page.text);
}

#[tokio::test]
async fn user_story_005_s1_s2_s3_the_lists_are_complete_without_javascript() {
    let app = TestApp::start().await;
    let ((ann, cookie), ben) = (ann(&app).await, test_user(&app, "ben").await);
    ben.follow(&app, &ann.id).await.expect(201);
    ann.follow(&app, &ben.id).await.expect(201);
    for (path, names) in [
        ("/profile/ann/followers", ["ben"]),
        ("/profile/ann/following", ["ben"]),
        ("/profile/ben/followers", ["ann"]),
        ("/profile/BEN/following", ["ann"]),
    ] {
        let page = app.page(path, &cookie).await.expect(200);
        assert_eq!(listed(&page), names, "{path}");
        // Everyone except the viewer has a follow button. Viewers can remove their own followers.
        assert_eq!(page.text.contains("aria-pressed"), names == ["ben"], "{path}");
        assert_eq!(page.text.contains(">Remove<"), path == "/profile/ann/followers", "{path}");
    }
    let action = format!("/users/me/followers/{}", ben.id);
    let page = app.page("/profile/ann/followers", &cookie).await.expect(200);
    assert!(form(&page, &action).contains(r#"name="_method" value="DELETE""#));
    let fields = [("_method", "DELETE"), ("_back", "/profile/ann/followers")];
    app.submit(&action, &fields, &cookie).await.expect(303);
    let page = app.page("/profile/ann/followers", &cookie).await.expect(200);
    assert!(page.text.contains("You have no followers yet"), "{}", page.text);
    assert_eq!(ann.counts(&app).await, (0, 1));
}

#[tokio::test]
async fn long_lists_link_to_the_next_and_previous_pages() {
    let app = TestApp::start().await;
    let (ann, cookie) = ann(&app).await;
    followers_of(&app, &ann.id, 45).await;
    let path = "/profile/ann/followers";
    let names = |from: u32, to: u32| (from..=to).map(|n| format!("f{n}")).collect::<Vec<_>>();
    for (query, expected, previous, next) in [
        ("", names(1, 20), None, Some(2)),
        ("?page=2", names(21, 40), Some(1), Some(3)),
        ("?page=3", names(41, 45), Some(2), None),
        ("?page=nonsense", names(1, 20), None, Some(2)),
        ("?page=0", names(1, 20), None, Some(2)),
        ("?page=9", names(1, 0), Some(8), None),
    ] {
        let page = app.page(&format!("{path}{query}"), &cookie).await.expect(200);
        assert_eq!(listed(&page), expected, "{query}");
        for (rel, target) in [("prev", previous), ("next", next)] {
            let link = page.text.split("<a ").find(|link| link.contains(&format!(r#"rel="{rel}""#)));
            let target = target.map(|page| format!(r#"href="{path}?page={page}""#));
            assert_eq!(link.is_some(), target.is_some(), "{query} {rel}");
            assert!(link.zip(target).is_none_or(|(link, target)| link.contains(&target)), "{query} {rel}");
        }
    }
    assert_eq!(ann.counts(&app).await, (45, 0));
}

#[tokio::test]
async fn beyond_the_last_numbered_page_links_lead_on_by_cursor() {
    let app = TestApp::start().await;
    let (ann, cookie) = ann(&app).await;
    followers_of(&app, &ann.id, 10025).await;
    let last = app.page("/profile/ann/followers?page=500", &cookie).await.expect(200);
    assert_eq!(listed(&last)[19], "f10000");
    let link = |page: &TestResponse| {
        let (_, rest) = page.text.split_once(r#"href="/profile/ann/followers?cursor="#)?;
        Some(format!("/profile/ann/followers?cursor={}", rest.split('"').next()?))
    };
    let beyond = app.page(&link(&last).unwrap(), &cookie).await.expect(200);
    assert_eq!((listed(&beyond)[0], listed(&beyond)[19]), ("f10001", "f10020"));
    let end = app.page(&link(&beyond).unwrap(), &cookie).await.expect(200);
    assert_eq!(listed(&end), ["f10021", "f10022", "f10023", "f10024", "f10025"]);
    assert_eq!(link(&end), None);
    let service = format!("/users/{}/followers?page=", ann.id);
    assert_eq!(ann.get(&app, &format!("{service}500")).await.expect(200).json()["has_next"], true);
    let error = ann.get(&app, &format!("{service}501")).await;
    error.expect_error(422, "VALIDATION_FAILED");
    assert!(error.text.contains("use `cursor` for the rest"), "{}", error.text);
}

#[tokio::test]
async fn an_unknown_user_has_no_lists() {
    let app = TestApp::start().await;
    let (_, cookie) = ann(&app).await;
    for side in ["", "/followers", "/following"] {
        for cookie in [cookie.as_str(), ""] {
            let page = app.page(&format!("/profile/unknown{side}"), cookie).await.expect(404);
            assert!(page.text.contains("There is nothing here"), "{}", page.text);
        }
    }
}

#[tokio::test]
async fn the_timeline_lists_people_or_says_that_there_are_none() {
    let app = TestApp::start().await;
    let (ann, cookie) = ann(&app).await;
    let page = app.page("/timeline", &cookie).await.expect(200);
    assert!(page.text.contains("Hello, ann") && page.text.contains("It’s quiet here for now"), "{}", page.text);
    let (ben, cat, dan) = (test_user(&app, "ben").await, test_user(&app, "cat").await, test_user(&app, "dan").await);
    ann.follow(&app, &ben.id).await.expect(201);
    ben.follow(&app, &cat.id).await.expect(201);
    dan.follow(&app, &ann.id).await.expect(201);
    let page = app.page("/timeline", &cookie).await.expect(200);
    for (title, name, label) in [
        ("People you follow", "ben", "Unfollow"),
        ("New followers", "dan", "Follow"),
        ("People you may know", "cat", "Follow"),
    ] {
        let section = page.text.split("<section").find(|section| section.contains(title)).expect(title);
        assert!(section.contains(&format!(r#"href="/profile/{name}""#)), "{title}: {section}");
        assert!(section.contains(&format!(">{label}<")), "{title}: {section}");
    }
    assert!(page.text.contains("Followed by 1 you follow"), "{}", page.text);
}
