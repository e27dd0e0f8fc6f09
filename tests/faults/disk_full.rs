//! A picture folder on a disk that is full. The disk is a small tmpfs, which only the instance and its children see.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use image::{ImageFormat, RgbImage};
use reqwest::Method;

use crate::service::{Caller, Instance, World};
use crate::support::outbox::wait_until;
use crate::support::picture::files;
use crate::support::process::free_address;
use crate::support::response::TestResponse;

/// Size of the disk.
const DISK: &str = "1m";
/// The unit in which a tmpfs hands out space.
const PAGE: u64 = 4096;

/// A command that runs `inner` with its own small disk at `folder`: as root, or else in a user namespace.
fn on_small_disk(folder: &Path, inner: &Command) -> Command {
    let mount = ["mount", "-t", "tmpfs", "-o", &format!("size={DISK}"), "tmpfs"];
    let unshare = |flags: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(flags);
        command
    };
    let works =
        |flags: &&[&str]| unshare(flags).args(mount).arg(folder).output().is_ok_and(|done| done.status.success());
    let flags = [&["--mount"][..], &["--mount", "--map-root-user"]].into_iter().find(works);
    let flags = flags.expect("this test mounts a tmpfs: run it as root, or allow unprivileged user namespaces");
    let mut command = unshare(flags);
    command.args(["sh", "-c", r#""$@" "$0" && exec "$KITH" serve"#]).arg(folder).args(mount);
    command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("KITH", inner.get_program());
    command
}

/// A picture that does not compress.
fn noise(seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let picture = RgbImage::from_fn(512, 512, |_, _| image::Rgb([0; 3].map(|_: u8| random.u8(..))));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Writes to `file` until the disk is full. Returns its size.
fn fill(file: &Path) -> u64 {
    let mut file = fs::File::create(file).unwrap();
    while file.write_all(&[1; 1024]).is_ok() {}
    file.metadata().unwrap().len()
}

/// The picture at `url` in both sizes.
async fn both_sizes(caller: &Caller, url: &str) -> [Vec<u8>; 2] {
    let get = async |path: &str| {
        let response = caller.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().await.unwrap().to_vec()
    };
    [get(url).await, get(&url.replace("/512.", "/128.")).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_to_a_full_disk_is_rejected_keeps_the_old_picture_and_leaves_nothing_behind() {
    let (world, address) = (World::create().await, free_address());
    let command = on_small_disk(world.store.path(), &world.serve(&address));
    let mut instance = Instance::start(command, &address).await;
    // The folder as the instance sees it.
    let root = PathBuf::from(format!("/proc/{}/root", instance.process.child.id()));
    let folder = root.join(world.store.path().strip_prefix("/").unwrap());
    let caller = instance.caller.clone();
    let [ann] = caller.signed_in(&world, ["ann"]).await;
    let token = ann.token();
    let upload = async |seed| TestResponse::of(caller.upload(&token, noise(seed))).await;
    let shown = async || TestResponse::of(caller.get("/users/me", &token)).await.expect(200).json();
    let old_profile = upload(1).await.expect(200).json();
    let old_url = old_profile["avatar_url"].as_str().unwrap();
    let old = both_sizes(&caller, old_url).await;
    let [large, small] = [&old[0], &old[1]].map(|picture| u64::try_from(picture.len()).unwrap());
    assert!(small > 2 * PAGE, "the small picture is too small for this test: {small}");

    let filler = folder.join("filler");
    let full = fill(&filler);
    // Without any room, and with room for the large picture alone.
    for room in [0, large.next_multiple_of(PAGE) + PAGE] {
        fs::OpenOptions::new().write(true).open(&filler).unwrap().set_len(full - room.min(full)).unwrap();
        let rejected = upload(2).await;
        rejected.expect_error(503, "OVERLOADED");
        assert_eq!(rejected.header("retry-after"), "5");
        instance.process.line("the disk is full");
        assert_eq!(shown().await, old_profile);
        assert_eq!(both_sizes(&caller, old_url).await, old);
        let left = "only the old picture is left";
        wait_until(left, async || files(&folder).len() == 3).await;
    }

    fs::remove_file(&filler).unwrap();
    let new_profile = upload(2).await.expect(200).json();
    let new_url = new_profile["avatar_url"].as_str().unwrap();
    assert_eq!(shown().await, new_profile);
    assert_ne!(both_sizes(&caller, new_url).await, old);
    wait_until("only the new picture is left", async || {
        let new = new_url.strip_prefix("/avatars").unwrap().trim_end_matches("/512.jpg");
        let left = files(&folder);
        left.len() == 2 && left.iter().all(|file| file.to_str().unwrap().contains(new))
    })
    .await;
}
