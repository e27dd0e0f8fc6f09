//! Reads variables one by one and gathers everything that is wrong with them.

use std::fmt;

/// All that is missing or malformed, one line each. Never holds a value, only names and expectations.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    /// One thing that is wrong, found outside of the environment.
    pub fn new(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration in the environment is not usable:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// A variable: its name, and what a good value looks like.
#[derive(Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    pub expected: &'static str,
}

/// Names variables, each with what it expects.
macro_rules! variables {
    ($($name:ident: $expected:literal,)*) => {
        $(const $name: $crate::server::config::environment::Variable =
            $crate::server::config::environment::Variable { name: stringify!($name), expected: $expected };)*
    };
}
pub(super) use variables;

/// Reads through `lookup` rather than from the process, so that tests need no global state.
/// An empty value counts as absent, which is how compose files leave a variable out.
pub struct Environment<L> {
    lookup: L,
    problems: Vec<String>,
}

impl<L: Fn(&str) -> Option<String>> Environment<L> {
    pub const fn new(lookup: L) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    /// The parsed value, or `None` when it is absent; a malformed one is noted as a problem.
    pub fn optional<T>(&mut self, variable: Variable, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = self.present(variable.name)?;
        self.parsed(variable, &value, parse)
    }

    /// Like [`Self::optional`], from `NAME` or from the file that `NAME_FILE` points to.
    pub fn optional_secret<T>(&mut self, variable: Variable, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = self.present_secret(variable.name)?;
        self.parsed(variable, &value, parse)
    }

    /// Like [`Self::optional_secret`] for a variable without which the service cannot run; absence is
    /// a problem too.
    pub fn required_secret<T>(&mut self, variable: Variable, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let noted = self.problems.len();
        let value = self.present_secret(variable.name);
        if value.is_none() && self.problems.len() == noted {
            let Variable { name, expected } = variable;
            self.problems.push(format!("{name} is missing: set it (or {name}_FILE) to {expected}"));
        }
        self.parsed(variable, &value?, parse)
    }

    /// Notes that a variable has no default here, unless it was malformed.
    pub fn missing(&mut self, Variable { name, expected }: Variable) {
        if !self.problems.iter().any(|problem| problem.starts_with(name)) {
            self.problems.push(format!("{name} is missing: set it to {expected}"));
        }
    }

    /// Notes what is wrong with a value that could be read.
    pub fn note(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// The configuration if nothing was wrong. `settings` is `None` only where a problem was noted.
    ///
    /// # Errors
    /// All problems noted.
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
                self.problems.push(format!("{name} and {file_name} are both set: keep one of them"));
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
