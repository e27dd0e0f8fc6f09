//! Finds the fields that an operation declares.

use std::cell::Cell;

use serde::de::value::Error;
use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// Returns the field names of the struct `T`, as its `Deserialize` implementation requests them.
pub fn declared_fields<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    let fields = Cell::new([].as_slice());
    // It always fails, but only after it has requested the fields.
    drop(T::deserialize(FieldCollector(&fields)));
    fields.get()
}

struct FieldCollector<'a>(&'a Cell<&'static [&'static str]>);

impl<'de> Deserializer<'de> for FieldCollector<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.set(fields);
        Err(Error::custom("no values"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::patch::Patch;

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only the names matter")]
    struct TwoFields {
        display_name: Option<String>,
        #[serde(default)]
        bio: Patch<String>,
    }

    #[derive(Deserialize)]
    struct NoFields {}

    #[test]
    fn an_operation_declares_its_arguments() {
        assert_eq!(declared_fields::<TwoFields>(), ["display_name", "bio"]);
        assert!(declared_fields::<NoFields>().is_empty());
        assert!(declared_fields::<String>().is_empty());
    }
}
