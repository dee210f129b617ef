//! One result row, read by column position.

use argos_kernel::{Role, Severity, Timestamp, Uid};

use crate::{StoreError, Value};

/// A row owns its values, so it outlives the statement.
#[derive(Clone, Debug)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The value of column `index`, counted from 0 in the order of the select list.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, StoreError> {
        let value = self.0.get(index).ok_or(StoreError::Column { index, wanted: "a column that exists" })?;
        T::from_value(value).ok_or(StoreError::Column { index, wanted: T::NAME })
    }
    pub fn values(&self) -> &[Value] {
        &self.0
    }
    /// Takes the value out without copying it.
    pub fn take(&mut self, index: usize) -> Value {
        self.0.get_mut(index).map_or(Value::Null, |v| std::mem::replace(v, Value::Null))
    }
}

/// A type a column can be read as. `None` = the column holds something else.
pub trait FromValue: Sized {
    const NAME: &'static str;
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! read {
    ($($t:ty, $name:literal => |$v:ident| $e:expr;)*) => {
        $(impl FromValue for $t { const NAME: &'static str = $name; fn from_value($v: &Value) -> Option<Self> { $e } })*
    };
}

read! {
    i64, "an integer" => |v| match v { Value::Int(n) => Some(*n), Value::Bool(b) => Some(i64::from(*b)), _ => None };
    i32, "a 32-bit integer" => |v| i64::from_value(v).and_then(|n| n.try_into().ok());
    u32, "an unsigned 32-bit integer" => |v| i64::from_value(v).and_then(|n| n.try_into().ok());
    u16, "an unsigned 16-bit integer" => |v| i64::from_value(v).and_then(|n| n.try_into().ok());
    bool, "a boolean" => |v| match v { Value::Bool(b) => Some(*b), Value::Int(0) => Some(false), Value::Int(1) => Some(true), _ => None };
    f64, "a number" => |v| match v { Value::Real(x) => Some(*x), #[expect(clippy::cast_precision_loss, reason = "a count read as a ratio")] Value::Int(n) => Some(*n as f64), _ => None };
    String, "a text" => |v| match v { Value::Text(t) => Some(t.clone()), _ => None };
    Vec<u8>, "a blob" => |v| match v { Value::Blob(b) => Some(b.clone()), _ => None };
    Timestamp, "a time in microseconds" => |v| i64::from_value(v).map(Timestamp::from_micros);
    Uid, "a uid" => |v| match v { Value::Text(t) => t.parse().ok(), _ => None };
    Severity, "a severity" => |v| match v { Value::Text(t) => t.parse().ok(), _ => None };
    Role, "a role" => |v| match v { Value::Text(t) => t.parse().ok(), _ => None };
}

impl<T: FromValue> FromValue for Option<T> {
    const NAME: &'static str = T::NAME;
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_value(other).map(Some),
        }
    }
}
