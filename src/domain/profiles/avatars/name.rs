//! What a picture is called: in the store, in its address and among the removals.

use uuid::Uuid;

use crate::base::picture::{Format, LARGE, Rendered, SMALL};
use crate::model::id::UserId;
use crate::model::profiles::AVATAR_PATH;

/// Characters of the content's hash in base64url: 132 bits.
const CONTENT_LENGTH: usize = 22;

/// The name of a stored picture, whatever its size. Its files are
/// `{user}/{content}-{upload}/{size}.{extension}`; no other text is a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureName {
    user: Uuid,
    /// So that a name never changes its meaning.
    content: String,
    /// So that a removal that is under way cannot hit a new upload of the same picture.
    upload: Uuid,
    format: Format,
}

impl PictureName {
    /// A new name for a picture of `user`.
    pub fn new(user: UserId, picture: &Rendered) -> Self {
        let content = picture.large.name.chars().take(CONTENT_LENGTH).collect();
        Self { user: user.0, content, upload: Uuid::now_v7(), format: picture.large.format }
    }

    /// The name and the size in pixels of the file `file`. `None` unless it is exactly what [`Self::file`]
    /// writes: no second spelling reaches the store.
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

    /// The file of this size, in pixels.
    pub fn file(&self, size: u32) -> String {
        let Self { user, content, upload, format } = self;
        format!("{user}/{content}-{}/{size}.{}", upload.simple(), format.extension())
    }

    /// The address of the large picture on this service, as `avatar_url` tells it.
    pub fn path(&self) -> String {
        format!("{AVATAR_PATH}{}", self.file(LARGE))
    }

    /// What the files are written as.
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
    fn a_name_is_read_as_it_is_written() {
        for (size, extension) in [(512, "jpg"), (128, "png")] {
            let file = format!("{USER}/{PICTURE}/{size}.{extension}");
            let (name, read) = PictureName::parse(&file).expect("a name");
            assert_eq!((name.file(read), read), (file, size));
            assert_eq!(name.path(), format!("/avatars/{USER}/{PICTURE}/512.{extension}"));
        }
    }

    #[test]
    fn nothing_else_is_a_name() {
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
