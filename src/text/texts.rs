//! Defines the texts of a module in every language.

/// Each line is `name(arguments): "English", "German";` and defines a function that returns the text in the current
/// language. `{argument}` stands for an argument. A text without arguments is a `&'static str`.
///
/// The browser build contains no text: it receives those of one language from the server (`table`).
macro_rules! texts {
    ($module:ident; $($(#[$doc:meta])* $name:ident($($argument:ident),*): $english:literal, $german:literal;)*) => {
        #[derive(Clone, Copy)]
        #[expect(non_camel_case_types, reason = "named after the functions")]
        enum Key {
            $($name,)*
        }

        /// By language, in the order of [`Language::ALL`](crate::text::language::Language::ALL). A constant, so that the
        /// browser build does not contain it.
        pub const TEXTS: [&[&str]; 2] = [&[$($english,)*], &[$($german,)*]];

        #[inline(always)]
        fn text(key: Key) -> &'static str {
            crate::text::table::text(crate::text::module::Module::$module, key as usize)
        }

        $(text_function! { $(#[$doc])* $name($($argument),*) })*
    };
}

macro_rules! text_function {
    ($(#[$doc:meta])* $name:ident()) => {
        $(#[$doc])*
        #[must_use]
        #[inline(always)]
        pub fn $name() -> &'static str {
            text(Key::$name)
        }
    };
    ($(#[$doc:meta])* $name:ident($($argument:ident),+)) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name($($argument: &str),+) -> String {
            crate::text::fill::fill(text(Key::$name), &[$((stringify!($argument), $argument)),+])
        }
    };
}
