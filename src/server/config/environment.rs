//! Reads environment variables and collects all problems.

use std::fmt;

/// Everything that is missing or malformed, one line each. Contains names and expectations, but never a value.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    /// A single problem that was found outside the environment.
    pub fn new(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid configuration:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// A variable: its name and a description of valid values.
#[derive(Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    pub expected: &'static str,
}

/// Declares variables, each with a description of valid values.
macro_rules! variables {
    ($($name:ident: $expected:literal,)*) => {
        $(const $name: $crate::server::config::environment::Variable =
            $crate::server::config::environment::Variable { name: stringify!($name), expected: $expected };)*
    };
}
pub(super) use variables;

/// Reads variables through `lookup` instead of the process environment, so that tests need no global state. An empty
/// value counts as absent, because compose files set omitted variables to it.
pub struct Environment<L> {
    lookup: L,
    problems: Vec<String>,
}

impl<L: Fn(&str) -> Option<String>> Environment<L> {
    pub const fn new(lookup: L) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    /// Returns the parsed value, or `None` if it is absent or malformed. A malformed value is recorded as a problem.
    pub fn optional<T>(&mut self, variable: Variable, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = self.present(variable.name)?;
        self.parsed(variable, &value, parse)
    }

    /// Like [`Self::optional`], but reads `NAME` or the file that `NAME_FILE` names.
    pub fn optional_secret<T>(&mut self, variable: Variable, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = self.present_secret(variable.name)?;
        self.parsed(variable, &value, parse)
    }

    /// Like [`Self::optional_secret`], but absence is a problem, too.
    pub fn required_secret<T>(&mut self, variable: Variable, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let problems = self.problems.len();
        let value = self.present_secret(variable.name);
        if value.is_none() && self.problems.len() == problems {
            let Variable { name, expected } = variable;
            self.problems.push(format!("{name} is missing: set it (or {name}_FILE) to {expected}"));
        }
        self.parsed(variable, &value?, parse)
    }

    /// Records that a variable is missing and has no default, unless it was malformed.
    pub fn missing(&mut self, Variable { name, expected }: Variable) {
        if !self.problems.iter().any(|problem| problem.starts_with(name)) {
            self.problems.push(format!("{name} is missing: set it to {expected}"));
        }
    }

    /// Records a problem.
    pub fn add_problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Returns the settings if no problem was recorded. `settings` may be `None` only if one was.
    ///
    /// # Errors
    /// All recorded problems.
    pub fn finish<T>(self, settings: Option<T>) -> Result<T, ConfigError> {
        match settings {
            Some(settings) if self.problems.is_empty() => Ok(settings),
            _ => Err(ConfigError(self.problems)),
        }
    }

    fn present(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    fn present_secret(&mut self, name: &str) -> Option<String> {
        let file_name = format!("{name}_FILE");
        match (self.present(name), self.present(&file_name)) {
            (Some(_), Some(_)) => {
                self.problems.push(format!("{name} and {file_name} are both set: set only one of them"));
                None
            }
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(error) => {
                    self.problems.push(format!("{file_name} cannot be read: {error}"));
                    None
                }
            },
            (value, None) => value,
        }
    }

    fn parsed<T>(
        &mut self,
        Variable { name, expected }: Variable,
        value: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(value.trim());
        if parsed.is_none() {
            self.problems.push(format!("{name} is malformed: expected {expected}"));
        }
        parsed
    }
}
