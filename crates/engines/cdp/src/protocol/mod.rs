//! The part of the DevTools protocol this crate speaks, written by hand: names and fields as the protocol has them.
//! Unknown fields are ignored and what the protocol calls an enumeration is text here, so a newer browser is read too.
//! For everything else there is `Session::call_raw`.

pub mod browser;
pub mod dom;
pub mod emulation;
pub mod fetch;
pub mod input;
pub mod network;
pub mod page;
pub mod runtime;
pub mod target;
pub mod web_authn;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A method of the protocol: its parameters, and what it answers.
pub trait Method: Serialize {
    const NAME: &'static str;
    type Reply: DeserializeOwned;
}

/// An event of the protocol.
pub trait EventKind: DeserializeOwned {
    const NAME: &'static str;
}

/// The answer of a method that only says that it is done.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
pub struct Done {}

/// `"Domain.name", Params { required: Type } opt { optional: Type } -> Reply`.
macro_rules! methods {
    ($($name:literal, $params:ident { $($(#[$meta:meta])* $field:ident : $type:ty),* $(,)? } $(opt { $($(#[$ometa:meta])* $ofield:ident : $otype:ty),* $(,)? })? -> $reply:ty;)*) => {$(
        #[doc = concat!("Parameters of `", $name, "`.")]
        #[derive(Clone, Debug, Default, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $params {
            $($(#[$meta])* pub $field: $type,)*
            $($($(#[$ometa])* #[serde(skip_serializing_if = "Option::is_none")] pub $ofield: Option<$otype>,)*)?
        }
        impl $crate::protocol::Method for $params {
            const NAME: &'static str = $name;
            type Reply = $reply;
        }
    )*};
}

/// Types that come from the browser; a field that is missing takes its default.
macro_rules! read {
    ($($(#[$smeta:meta])* $type_name:ident { $($(#[$meta:meta])* $field:ident : $type:ty),* $(,)? })*) => {$(
        $(#[$smeta])*
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $type_name { $($(#[$meta])* pub $field: $type,)* }
    )*};
}

/// Events: `"Domain.name", Type { field: Type }`.
macro_rules! events {
    ($($name:literal, $type_name:ident { $($(#[$meta:meta])* $field:ident : $type:ty),* $(,)? })*) => {$(
        #[doc = concat!("The event `", $name, "`.")]
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $type_name { $($(#[$meta])* pub $field: $type,)* }
        impl $crate::protocol::EventKind for $type_name {
            const NAME: &'static str = $name;
        }
    )*};
}

pub(crate) use {events, methods, read};
