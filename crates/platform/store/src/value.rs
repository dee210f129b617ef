//! What goes into a parameter and comes out of a column.

use argos_kernel::{Role, Severity, Timestamp, Uid};

/// One SQL value. JSON is text, times are integer microseconds, ids are integers or text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

macro_rules! from {
    ($($t:ty => |$v:ident| $e:expr;)*) => { $(impl From<$t> for Value { fn from($v: $t) -> Self { $e } })* };
}

from! {
    bool => |v| Self::Bool(v);
    i64 => |v| Self::Int(v);
    i32 => |v| Self::Int(v.into());
    u32 => |v| Self::Int(v.into());
    u16 => |v| Self::Int(v.into());
    f64 => |v| Self::Real(v);
    String => |v| Self::Text(v);
    &str => |v| Self::Text(v.to_owned());
    &String => |v| Self::Text(v.clone());
    Vec<u8> => |v| Self::Blob(v);
    &[u8] => |v| Self::Blob(v.to_vec());
    Timestamp => |v| Self::Int(v.micros());
    Uid => |v| Self::Text(v.to_string());
    Severity => |v| Self::Text(v.as_str().to_owned());
    Role => |v| Self::Text(v.as_str().to_owned());
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// Parameters in order: `args![name, 3, None::<i64>]`.
#[macro_export]
macro_rules! args {
    () => { Vec::<$crate::Value>::new() };
    ($($v:expr),+ $(,)?) => { vec![$($crate::Value::from($v)),+] };
}
