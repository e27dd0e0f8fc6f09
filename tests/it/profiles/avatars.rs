//! `PUT` and `DELETE /users/me/avatar`, and the pictures themselves: USER-STORY-003-S3, -S4.

use std::fs;
use std::time::Duration;

use image::{GrayImage, ImageFormat, Luma};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Client, Method};
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::outbox::wait_until;
use crate::support::picture::{files, picture, png, put};
use crate::support::process::{Process, free_address, serve, signed_in, wait_until_healthy};
use crate::support::response::TestResponse;
use crate::support::user::test_user;

fn url_of(response: &TestResponse) -> String {
    response.json()["avatar_url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn user_story_003_s3_a_jpeg_or_png_is_stored_and_served_in_both_sizes() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let upload = picture(ImageFormat::Jpeg, 800, [200, 30, 30]);
    for (content_type, body) in [
        ("image/jpeg", upload.clone()),
        ("image/png", picture(ImageFormat::Png, 90, [30, 30, 200])),
        // The content decides, not the declared type.
        ("image/png", upload.clone()),
    ] {
        let profile = put(&app, &token, content_type, body).await.expect(200);
        let url = url_of(&profile);
        assert_eq!(app.me(&token).await.json(), profile.json());
        for (size, path) in [(512, url.clone()), (128, url.replace("/512.", "/128."))] {
            let response = app.request(Method::GET, &path).send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), "image/jpeg");
            assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(header("x-content-type-options"), "nosniff");
            // Opened directly, it loads nothing, runs nothing and belongs to no origin.
            assert_eq!(header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'; sandbox");
            let shown = image::load_from_memory(&response.bytes().await.unwrap()).unwrap();
            assert_eq!((shown.width(), shown.height()), (size, size));
        }
    }
}

#[tokio::test]
async fn a_multipart_field_is_accepted_and_its_file_name_is_ignored() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let part = Part::bytes(png([1, 2, 3])).file_name("../../etc/passwd.exe");
    let form = Form::new().text("other", "x").part("avatar", part.mime_str("text/html").unwrap());
    let request = app.request(Method::PUT, "/users/me/avatar").bearer_auth(&token).multipart(form);
    let url = url_of(&TestResponse::of(request).await.expect(200));
    assert!(url.starts_with("/avatars/") && !url.contains("passwd"), "{url}");
    let empty = app.request(Method::PUT, "/users/me/avatar").bearer_auth(&token).multipart(Form::new().text("x", "y"));
    TestResponse::of(empty).await.expect_error(400, "MALFORMED_REQUEST");
}

#[tokio::test]
async fn a_plain_form_uploads_and_removes_the_picture() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let form = Form::new().part("avatar", Part::bytes(png([1, 2, 3])).file_name("a.png"));
    let query = "_method=PUT&_back=/profile?edit=1&_next=/profile";
    let request = app
        .request(Method::POST, &format!("/users/me/avatar?{query}"))
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", login.session())
        .multipart(form);
    assert_eq!(TestResponse::of(request).await.expect(303).header("location"), "/profile");
    assert!(app.me(&login.access_token()).await.json()["avatar_url"].is_string());
    let fields = [("_method", "DELETE"), ("_back", "/profile")];
    assert_eq!(
        app.submit("/users/me/avatar", &fields, &login.session()).await.expect(303).header("location"),
        "/profile"
    );
    assert!(app.me(&login.access_token()).await.json()["avatar_url"].is_null());
}

#[tokio::test]
async fn user_story_003_s4_more_than_2_mb_is_rejected_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let old = url_of(&put(&app, &token, "image/png", png([1, 2, 3])).await.expect(200));
    let before = files(app.dir.path());
    let largest = {
        let mut bytes = picture(ImageFormat::Jpeg, 64, [9, 9, 9]);
        bytes.resize(2 * 1024 * 1024, 0);
        bytes
    };
    let mut too_large = largest.clone();
    too_large.push(0);
    for bytes in [too_large.clone(), vec![0; 10 * 1024 * 1024]] {
        let field = Form::new().part("avatar", Part::bytes(bytes.clone()).file_name("a.jpg"));
        let request = app.request(Method::PUT, "/users/me/avatar").bearer_auth(&token).multipart(field);
        TestResponse::of(request).await.expect_error(422, "AVATAR_TOO_LARGE");
        // Without a Content-Length that would reveal the size.
        let chunks = bytes.chunks(65_536).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>();
        let stream = Body::wrap_stream(futures::stream::iter(chunks));
        put(&app, &token, "image/jpeg", stream).await.expect_error(422, "AVATAR_TOO_LARGE");
        put(&app, &token, "image/jpeg", bytes).await.expect_error(422, "AVATAR_TOO_LARGE");
    }
    assert_eq!(app.me(&token).await.json()["avatar_url"], json!(old));
    assert_eq!(files(app.dir.path()), before);
    put(&app, &token, "image/jpeg", largest).await.expect(200);
}

#[tokio::test]
async fn an_invalid_picture_is_rejected_and_the_old_one_is_kept() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let old = url_of(&put(&app, &token, "image/png", png([1, 2, 3])).await.expect(200));
    let whole = png([4, 5, 6]);
    for bytes in [
        b"GIF89a\x01\0\x01\0".to_vec(),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
        Vec::new(),
        whole[..60].to_vec(),
    ] {
        put(&app, &token, "image/png", bytes).await.expect_error(422, "AVATAR_INVALID");
    }
    put(&app, &token, "text/plain", whole.clone()).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
    let visitor = app.request(Method::PUT, "/users/me/avatar").header("content-type", "image/png").body(whole);
    TestResponse::of(visitor).await.expect_error(401, "UNAUTHENTICATED");
    assert_eq!(app.me(&token).await.json()["avatar_url"], json!(old));
    assert_eq!(files(app.dir.path()).len(), 2);
}

#[tokio::test]
async fn a_replaced_or_removed_picture_is_deleted_from_the_store() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let first = url_of(&put(&app, &token, "image/png", png([1, 2, 3])).await.expect(200));
    let second = url_of(&put(&app, &token, "image/png", png([4, 5, 6])).await.expect(200));
    wait_until("the old picture is gone", async || app.get(&first).await.status == 404).await;
    wait_until("both of its files are gone", async || files(app.dir.path()).len() == 2).await;
    assert_eq!(app.request(Method::GET, &second).send().await.unwrap().status(), 200);
    for _ in 0..2 {
        TestResponse::of(app.request(Method::DELETE, "/users/me/avatar").bearer_auth(&token)).await.expect(204);
    }
    assert!(app.me(&token).await.json()["avatar_url"].is_null());
    wait_until("no file is left", async || files(app.dir.path()).is_empty()).await;
    // PATCH removes it too.
    put(&app, &token, "image/png", png([1, 2, 3])).await.expect(200);
    let patch = app.request(Method::PATCH, "/users/me").bearer_auth(&token).json(&json!({ "avatar_url": null }));
    TestResponse::of(patch).await.expect(200);
    wait_until("no file is left", async || files(app.dir.path()).is_empty()).await;
    wait_until("the removal is done", async || app.count("avatar_removals").await == 0).await;
}

#[tokio::test]
async fn a_broken_store_returns_503_and_the_old_picture_is_kept() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let old = url_of(&put(&app, &token, "image/png", png([1, 2, 3])).await.expect(200));
    let (folder, moved) = (app.dir.path().to_owned(), app.dir.path().with_extension("moved"));
    fs::rename(&folder, &moved).unwrap();
    // A file in place of the folder makes every write fail.
    fs::write(&folder, "in the way").unwrap();
    let response = put(&app, &token, "image/png", png([4, 5, 6])).await;
    response.expect_error(503, "OVERLOADED");
    app.get(&old).await.expect_error(503, "OVERLOADED");
    fs::remove_file(&folder).unwrap();
    fs::rename(&moved, &folder).unwrap();
    assert_eq!(app.me(&token).await.json()["avatar_url"], json!(old));
    assert_eq!(app.request(Method::GET, &old).send().await.unwrap().status(), 200);
    put(&app, &token, "image/png", png([4, 5, 6])).await.expect(200);
}

#[tokio::test]
async fn uploads_are_limited_by_account_and_not_by_address() {
    let app = TestApp::start_with(&[("TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let upload = async |token: &str, from: &str, body: Vec<u8>| {
        let request = app.request(Method::PUT, "/users/me/avatar").bearer_auth(token).header("x-forwarded-for", from);
        TestResponse::of(request.header("content-type", "image/png").body(body)).await
    };
    let mut statuses = Vec::new();
    for n in 0..70 {
        let response = upload(&ann.token, &format!("203.0.113.{n}"), b"no picture".to_vec()).await;
        statuses.push(response.status);
        if response.status == 429 {
            response.expect_error(429, "RATE_LIMITED");
            assert!((1..=20).contains(&response.header("retry-after").parse::<u32>().unwrap()));
        }
    }
    assert_eq!(statuses.iter().take_while(|status| **status == 422).count(), 30);
    assert!(statuses.iter().filter(|status| **status == 429).count() > 30, "{statuses:?}");
    // Another account at the same address, in the same minute.
    upload(&ben.token, "203.0.113.69", png([1, 2, 3])).await.expect(200);
}

#[tokio::test]
async fn a_decompression_bomb_is_rejected_immediately() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    // The header claims 20,000 by 20,000 pixels. The rest does not matter.
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x02\0\0\0".to_vec();
    let crc = crc32(&bomb[12..]);
    bomb.extend(crc.to_be_bytes());
    bomb.extend(png([1, 2, 3])[33..].iter());
    let started = tokio::time::Instant::now();
    let response = put(&app, &token, "image/png", bomb).await;
    assert!(started.elapsed() < Duration::from_secs(1));
    response.expect_error(422, "AVATAR_INVALID");
    let message = response.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("20000 × 20000") && message.contains("400 megapixels"), "{message}");
}

#[tokio::test]
async fn pictures_of_100_megapixels_are_processed_with_bounded_memory() {
    let (database, address) = (TestDatabase::create().await, free_address());
    let dir = tempfile::tempdir().unwrap();
    let mut command = serve(&database, &address);
    command.env("BCRYPT_COST", "4").env("AVATAR_STORE_URL", format!("file://{}", dir.path().display()));
    let process = Process::start(command);
    wait_until_healthy(&address).await;
    let origin = format!("http://{address}");
    let (client, token) = (Client::new(), signed_in(&database, &origin).await);
    let upload = async |body: Vec<u8>| {
        assert!(body.len() <= 2 * 1024 * 1024);
        let request = client.put(format!("{origin}/users/me/avatar")).bearer_auth(&token);
        TestResponse::of(request.header("content-type", "application/octet-stream").body(body)).await.expect(200);
        process.peak_memory()
    };
    let first = upload(png([1, 2, 3])).await;
    let large = |format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        GrayImage::from_pixel(10_000, 10_000, Luma([90])).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    // A PNG is decoded row by row, a gray JPEG with one byte per pixel.
    let png = upload(large(ImageFormat::Png)).await - first;
    assert!(png < 60_000_000, "{png} bytes");
    let jpeg = upload(large(ImageFormat::Jpeg)).await - first;
    assert!(jpeg < 180_000_000, "{jpeg} bytes");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[tokio::test]
async fn path_traversal_is_rejected() {
    let app = TestApp::start().await;
    fs::write(app.dir.path().with_extension("txt"), "secret").unwrap();
    let name = app.dir.path().file_name().unwrap().to_str().unwrap().to_owned();
    for path in [
        format!("/avatars/..%2f{name}.txt/a/b"),
        format!("/avatars/%2e%2e/{name}.txt/b"),
        "/avatars/a/b/..%2f..%2f..%2f..%2fetc%2fpasswd".to_owned(),
        "/avatars/a/b/c".to_owned(),
        "/avatars/a".to_owned(),
    ] {
        app.get(&path).await.expect_error(404, "NOT_FOUND");
    }
    fs::remove_file(app.dir.path().with_extension("txt")).unwrap();
}
