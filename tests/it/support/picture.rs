//! Pictures to upload, and the files of the store.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{ImageFormat, Rgb, RgbImage};
use reqwest::{Body, Method};

use super::app::TestApp;
use super::response::TestResponse;

/// A single-color picture, twice as wide as high.
pub fn picture(format: ImageFormat, side: u32, color: [u8; 3]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(side, side / 2, Rgb(color)).write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

/// A small PNG.
pub fn png(color: [u8; 3]) -> Vec<u8> {
    picture(ImageFormat::Png, 64, color)
}

/// Uploads a picture to the user's profile.
pub async fn put(app: &TestApp, token: &str, content_type: &str, body: impl Into<Body>) -> TestResponse {
    let request = app.request(Method::PUT, "/users/me/avatar").bearer_auth(token).header("content-type", content_type);
    TestResponse::of(request.body(body)).await
}

/// All files in the store.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
