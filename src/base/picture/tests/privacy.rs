//! Nothing but the pixels of an upload is kept.

use std::collections::BTreeMap;

use super::jpeg::*;
use super::png::Png;
use super::*;

/// Counts each marker segment (JPEG) or chunk (PNG), and returns what follows the end.
fn parts(file: &[u8]) -> (BTreeMap<String, usize>, &[u8]) {
    let mut parts = BTreeMap::new();
    let mut count = |part: String| *parts.entry(part).or_default() += 1;
    let is_png = file.starts_with(b"\x89PNG");
    let mut at = if is_png { 8 } else { 2 };
    loop {
        if is_png {
            let kind = &file[at + 4..at + 8];
            let length = u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes"));
            count(String::from_utf8_lossy(kind).into_owned());
            at += 12 + length as usize;
            if kind == b"IEND" {
                break;
            }
        } else if file[at] != 0xFF || file[at + 1] == 0 {
            // Inside the scan.
            at += 1;
        } else {
            let marker = file[at + 1];
            count(format!("{marker:X}"));
            if marker == 0xD9 {
                at += 2;
                break;
            }
            at += 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        }
    }
    (parts, &file[at..])
}

#[test]
fn nothing_but_the_pixels_of_an_upload_remains() {
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>secret-xmp</x:xmpmeta>";
    let archive = b"PK\x03\x04secret.zip<html><script>alert('secret-html')</script>";
    let jpeg = with_segment(&jpeg(&quadrants(60, 60)), EXIF, &exif_segment(1));
    let jpeg = with_segment(&jpeg, EXIF, xmp);
    let jpeg = with_segment(&jpeg, COMMENT, b"secret-comment");
    let jpeg = with_segment(&jpeg, ICC, &icc_segment(&swapping_profile()));
    let png = Png::new(1, 1, 6, &[9, 9, 9, 128])
        .profile(&swapping_profile())
        .chunk(*b"eXIf", exif(1))
        .chunk(*b"tEXt", *b"Comment\0secret-comment")
        .chunk(*b"iTXt", [&b"XML:com.adobe.xmp\0\0\0\0\0"[..], xmp].concat());
    for (upload, profile) in [(jpeg, "ICC_PROFILE"), (png.bytes(), "iCCP")] {
        let upload = [&upload, &archive[..]].concat();
        let rendered = render(&upload).expect("an avatar");
        for variant in [rendered.large, rendered.small] {
            let allowed: &[&str] = match variant.format {
                Format::Jpeg => &["E0", "DB", "C0", "C4", "DA", "D9"],
                Format::Png => &["IHDR", "IDAT", "IEND"],
            };
            let (parts, rest) = parts(&variant.bytes);
            assert!(parts.keys().all(|part| allowed.contains(&part.as_str())), "{parts:?}");
            assert!(rest.is_empty());
            for secret in [GPS, b"secret", b"xmpmeta", b"<html>", b"PK\x03\x04", profile.as_bytes()] {
                let contains = |file: &[u8]| file.windows(secret.len()).any(|part| part == secret);
                assert!(contains(&upload) && !contains(&variant.bytes), "{}", secret.escape_ascii());
            }
        }
    }
}
