//! The name of a picture: in the store, in its URL and in the removal queue.

use uuid::Uuid;

use crate::base::picture::{Format, LARGE, Rendered, SMALL};
use crate::model::id::UserId;
use crate::model::profiles::AVATAR_PATH;

/// Length of the content hash, in characters of base64url: 132 bits.
const CONTENT_LENGTH: usize = 22;

/// The name of a stored picture, independent of its size. Its files are
/// `{user}/{content}-{upload}/{size}.{extension}`. Any other text is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureName {
    user: Uuid,
    /// The hash of the content, so that a name always refers to the same picture.
    content: String,
    /// Protects a new upload of the same picture from a removal in progress.
    upload: Uuid,
    format: Format,
}

impl PictureName {
    /// Creates a new name for a picture of `user`.
    pub fn new(user: UserId, picture: &Rendered) -> Self {
        let content = picture.large.name.chars().take(CONTENT_LENGTH).collect();
        Self { user: user.0, content, upload: Uuid::now_v7(), format: picture.large.format }
    }

    /// Parses the name of a file into the picture's name and its size in pixels. Returns `None` unless the text is
    /// exactly what [`Self::file`] writes, so that only one spelling reaches the store.
    pub fn parse(file: &str) -> Option<(Self, u32)> {
        let (user, rest) = file.split_once('/')?;
        let (picture, size) = rest.split_once('/')?;
        let (content, upload) = picture.split_at_checked(CONTENT_LENGTH)?;
        let (size, extension) = size.split_once('.')?;
        let name = Self {
            user: user.parse().ok()?,
            content: content.bytes().all(is_base64url).then(|| content.to_owned())?,
            upload: upload.strip_prefix('-')?.parse().ok()?,
            format: Format::of_extension(extension)?,
        };
        let size = [LARGE, SMALL].into_iter().find(|known| known.to_string() == size)?;
        (name.file(size) == file).then_some((name, size))
    }

    /// The file for this size, in pixels.
    pub fn file(&self, size: u32) -> String {
        let Self { user, content, upload, format } = self;
        format!("{user}/{content}-{}/{size}.{}", upload.simple(), format.extension())
    }

    /// The path of the large picture on this service, as used in `avatar_url`.
    pub fn path(&self) -> String {
        format!("{AVATAR_PATH}{}", self.file(LARGE))
    }

    /// The format of the files.
    pub const fn format(&self) -> Format {
        self.format
    }
}

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "01a20ae4-bd10-73c4-8285-a59f16acd16d";
    const PICTURE: &str = "0-_AbCdEfGhIjKlMnOpQrS-01a20ae4bd1073c48285a59f16acd16e";

    #[test]
    fn a_name_round_trips() {
        for (size, extension) in [(512, "jpg"), (128, "png")] {
            let file = format!("{USER}/{PICTURE}/{size}.{extension}");
            let (name, read) = PictureName::parse(&file).expect("a name");
            assert_eq!((name.file(read), read), (file, size));
            assert_eq!(name.path(), format!("/avatars/{USER}/{PICTURE}/512.{extension}"));
        }
    }

    #[test]
    fn other_file_names_are_rejected() {
        let upper = USER.to_uppercase();
        let simple = USER.replace('-', "");
        for file in [
            format!("{USER}/.x/512.jpg"),
            format!("{USER}/x/512.jpg"),
            format!("{USER}/{PICTURE}/512.gif"),
            format!("{USER}/{PICTURE}/512.jpg/"),
            format!("{USER}/{PICTURE}/512.jpg?"),
            format!("{USER}/{PICTURE}/+512.jpg"),
            format!("{USER}/{PICTURE}/0512.jpg"),
            format!("{USER}/{PICTURE}/64.jpg"),
            format!("{USER}/{PICTURE}x/512.jpg"),
            format!("{USER}/{PICTURE}/../{PICTURE}/512.jpg"),
            format!("{USER}/{}/512.jpg", PICTURE.to_uppercase()),
            format!("{USER}/{}/512.jpg", PICTURE.replace("AbC", "A.C")),
            format!("{USER}/{}/512.jpg", PICTURE.replace("AbC", "A%C")),
            format!("{USER}/{}/512.jpg", PICTURE.replace("AbC", "äC")),
            format!("{upper}/{PICTURE}/512.jpg"),
            format!("{simple}/{PICTURE}/512.jpg"),
            format!("{{{USER}}}/{PICTURE}/512.jpg"),
            format!("/{USER}/{PICTURE}/512.jpg"),
            format!("{USER}/{PICTURE}"),
            String::new(),
        ] {
            assert_eq!(PictureName::parse(&file), None, "{file}");
        }
    }
}
