//! The language that a page asks for.

/// The request header of a page's calls, with a language tag. Operations respond in English without it, whatever
/// `Accept-Language` says: it comes from other services, too.
pub const LANGUAGE_HEADER: &str = "kith-language";
