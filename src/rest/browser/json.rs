//! Reads JSON with the browser's own parser. This takes much less code than a library with its own parser and error
//! messages (`docs/ARCHITECTURE.md` has the numbers).

use std::fmt;

use js_sys::{Array, JSON, Object};
use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
pub use serde_json::to_string;
use wasm_bindgen::{JsCast, JsValue};

/// The text is not JSON, or not of the expected type. Client and server are from the same build, so the reason is not
/// kept.
#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unexpected JSON")
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Parses JSON. An empty text, the body of a 204, is `null`.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let value = if text.is_empty() { Ok(JsValue::NULL) } else { JSON::parse(text) };
    T::deserialize(Json(value.map_err(|_| Error)?))
}

/// A value that the browser parsed.
struct Json(JsValue);

impl Json {
    fn entries<'de>(self) -> Result<impl MapAccess<'de, Error = Error>, Error> {
        if Array::is_array(&self.0) {
            return Err(Error);
        }
        let object: Object = self.0.dyn_into().map_err(|_| Error)?;
        let entries = Object::entries(&object).into_iter().map(|entry| {
            let entry: Array = entry.unchecked_into();
            (Self(entry.get(0)), Self(entry.get(1)))
        });
        Ok(MapDeserializer::new(entries))
    }
}

impl IntoDeserializer<'_, Error> for Json {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Json {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_string() {
            self.deserialize_string(visitor)
        } else if self.0.as_bool().is_some() {
            self.deserialize_bool(visitor)
        } else if self.0.as_f64().is_some() {
            self.deserialize_f64(visitor)
        } else if Array::is_array(&self.0) {
            self.deserialize_seq(visitor)
        } else if self.0.is_object() {
            self.deserialize_map(visitor)
        } else {
            visitor.visit_unit()
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0.as_string().ok_or(Error)?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.0.as_bool().ok_or(Error)?)
    }

    /// JavaScript has one kind of number.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::float_cmp)]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let number = self.0.as_f64().ok_or(Error)?;
        let whole = number as i64;
        if whole as f64 == number { visitor.visit_i64(whole) } else { visitor.visit_f64(number) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items: Array = self.0.dyn_into().map_err(|_| Error)?;
        visitor.visit_seq(SeqDeserializer::new(items.iter().map(Json)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    /// A variant is its name, or an object with its name as the only key.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if let Some(name) = self.0.as_string() {
            return visitor.visit_enum(name.into_deserializer());
        }
        let entries = self.entries()?;
        if entries.size_hint() != Some(1) {
            return Err(Error);
        }
        visitor.visit_enum(MapAccessDeserializer::new(entries))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u64 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};
    use serde_json::Value;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::model::error::{ApiError, ErrorCode};
    use crate::model::patch::Patch;
    use crate::rest::form::Fields;

    /// Everything that is on the wire: newtypes, options, lists, maps, enums, flattened structs, numbers.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Sample {
        id: Id,
        name: Option<String>,
        #[serde(default)]
        note: Option<String>,
        code: ErrorCode,
        count: i64,
        size: u32,
        ratio: f64,
        is_set: bool,
        items: Vec<Item>,
        outcome: Result<Item, ErrorCode>,
        texts: Fields,
        #[serde(flatten)]
        part: Part,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Id(String);

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Item {
        #[serde(flatten)]
        part: Part,
        inner: Option<Box<Item>>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Part {
        word: String,
        mutual_count: i64,
    }

    /// The integers that JavaScript represents exactly.
    const EXACT: std::ops::Range<i64> = -(1 << 53)..(1 << 53);

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z]{0,4}", any::<String>(), Just("__proto__".to_owned()), Just("\0\u{2028}\"\\😀".to_owned())]
    }

    /// Never an integer, since JavaScript turns `1.0` into `1`. It has few digits, since `serde_json` rounds longer
    /// ones.
    fn fraction() -> impl Strategy<Value = f64> {
        any::<i32>().prop_map(|number| f64::from(number) + 0.25)
    }

    fn part() -> impl Strategy<Value = Part> {
        (text(), EXACT).prop_map(|(word, mutual_count)| Part { word, mutual_count })
    }

    fn item() -> impl Strategy<Value = Item> {
        let leaf = part().prop_map(|part| Item { part, inner: None });
        leaf.prop_recursive(3, 3, 1, |inner| {
            (part(), inner).prop_map(|(part, inner)| Item { part, inner: Some(Box::new(inner)) })
        })
    }

    prop_compose! {
        fn sample()(
            (id, name, note) in (text().prop_map(Id), any::<Option<String>>(), proptest::option::of(text())),
            code in prop_oneof![Just(ErrorCode::UserNotFound), Just(ErrorCode::Internal)],
            (count, size, ratio, is_set) in (EXACT, any::<u32>(), fraction(), any::<bool>()),
            items in proptest::collection::vec(item(), 0..4),
            outcome in prop_oneof![item().prop_map(Ok), Just(Err(ErrorCode::Overloaded))],
            texts in proptest::collection::vec((text(), text()), 0..4).prop_map(Fields::from_iter),
            part in part(),
        ) -> Sample {
            Sample { id, name, note, code, count, size, ratio, is_set, items, outcome, texts, part }
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            EXACT.prop_map(Value::from),
            fraction().prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            let map = proptest::collection::vec((text(), inner.clone()), 0..5);
            prop_oneof![
                proptest::collection::vec(inner, 0..5).prop_map(Value::from),
                map.prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// `serde_json` is the reference for both valid and invalid input.
    fn assert_same_as_serde_json<T: DeserializeOwned + Debug + PartialEq>(text: &str) {
        assert_eq!(from_str::<T>(text).ok(), serde_json::from_str::<T>(text).ok(), "{text}");
    }

    #[wasm_bindgen_test]
    fn values_survive_a_round_trip() {
        proptest!(|(sample in sample())| {
            let read: Sample = from_str(&to_string(&sample).unwrap()).unwrap();
            prop_assert_eq!(read, sample);
        });
    }

    #[wasm_bindgen_test]
    fn any_json_is_read_as_serde_json_reads_it() {
        proptest!(|(value in value())| assert_same_as_serde_json::<Value>(&value.to_string()));
    }

    #[wasm_bindgen_test]
    fn a_field_of_the_wrong_type_is_rejected_if_serde_json_rejects_it() {
        let fields =
            vec!["id", "name", "note", "code", "count", "size", "ratio", "is_set", "items", "outcome", "texts", "word"];
        proptest!(|(sample in sample(), field in proptest::sample::select(fields), other in value())| {
            let mut json = serde_json::to_value(&sample).unwrap();
            json[field] = other;
            assert_same_as_serde_json::<Sample>(&json.to_string());
        });
    }

    #[wasm_bindgen_test]
    fn a_missing_field_is_rejected_unless_it_is_optional() {
        proptest!(|(sample in sample())| {
            let json = serde_json::to_value(&sample).unwrap();
            for field in json.as_object().unwrap().keys() {
                let mut json = json.clone();
                json.as_object_mut().unwrap().remove(field);
                assert_same_as_serde_json::<Sample>(&json.to_string());
            }
        });
    }

    #[wasm_bindgen_test]
    fn invalid_json_is_rejected() {
        for text in ["{", "nul", "<html>", "{\"a\":1,}", "'a'", "[1] 2", "NaN"] {
            assert!(from_str::<Value>(text).is_err(), "{text}");
            assert_same_as_serde_json::<Value>(text);
        }
    }

    #[wasm_bindgen_test]
    fn an_empty_body_is_null() {
        from_str::<()>("").unwrap();
        assert_eq!(from_str::<Option<String>>("").unwrap(), None);
        assert!(from_str::<ApiError>("").is_err());
    }

    #[wasm_bindgen_test]
    fn unknown_codes_and_fields_are_accepted() {
        let text = r#"{"code": "ADDED_LATER", "message": "x", "more": {"a": [1, null]}}"#;
        assert_eq!(from_str::<ApiError>(text).unwrap().code, ErrorCode::Internal);
        assert_same_as_serde_json::<ApiError>(text);
    }

    #[wasm_bindgen_test]
    fn a_variant_has_exactly_one_name() {
        for code in [r#"{"A": null}"#, r#"{"A": null, "B": null}"#, "{}", "[]", "null", "1"] {
            assert_same_as_serde_json::<ApiError>(&format!(r#"{{"code": {code}, "message": "x"}}"#));
        }
    }

    #[wasm_bindgen_test]
    fn null_clears_a_field_and_a_string_sets_it() {
        assert_eq!(from_str::<Patch<String>>("null").unwrap(), Patch::Null);
        assert_eq!(from_str::<Patch<String>>("\"a\"").unwrap(), Patch::Value("a".to_owned()));
    }
}
