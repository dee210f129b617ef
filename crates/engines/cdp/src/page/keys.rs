//! Keys of a US keyboard as the browser wants them told, and chords such as `Control+Shift+A`.

use crate::error::CdpError;

/// Keys held with another, as bits of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers(pub u32);

impl Modifiers {
    pub const ALT: Self = Self(1);
    pub const CONTROL: Self = Self(2);
    pub const META: Self = Self(4);
    pub const SHIFT: Self = Self(8);

    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The modifiers in the order they are pressed.
    pub(crate) fn keys(self) -> impl Iterator<Item = (&'static str, Self)> {
        [("Control", Self::CONTROL), ("Shift", Self::SHIFT), ("Alt", Self::ALT), ("Meta", Self::META)]
            .into_iter()
            .filter(move |(_, modifier)| self.has(*modifier))
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Alt" | "Option" => Self::ALT,
            // What a person means by it depends on the machine; this browser runs on Linux.
            "Control" | "Ctrl" | "ControlOrMeta" => Self::CONTROL,
            "Meta" | "Command" | "Cmd" => Self::META,
            "Shift" => Self::SHIFT,
            _ => return None,
        })
    }
}

/// A key as the protocol describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub key: String,
    pub code: String,
    pub virtual_code: u32,
    pub location: u32,
    /// What it writes.
    pub text: Option<String>,
}

const NAMED: [(&str, &str, u32, u32, Option<&str>); 34] = [
    ("Enter", "Enter", 13, 0, Some("\r")),
    ("Tab", "Tab", 9, 0, None),
    ("Escape", "Escape", 27, 0, None),
    ("Backspace", "Backspace", 8, 0, None),
    ("Delete", "Delete", 46, 0, None),
    ("Insert", "Insert", 45, 0, None),
    ("Home", "Home", 36, 0, None),
    ("End", "End", 35, 0, None),
    ("PageUp", "PageUp", 33, 0, None),
    ("PageDown", "PageDown", 34, 0, None),
    ("ArrowLeft", "ArrowLeft", 37, 0, None),
    ("ArrowUp", "ArrowUp", 38, 0, None),
    ("ArrowRight", "ArrowRight", 39, 0, None),
    ("ArrowDown", "ArrowDown", 40, 0, None),
    ("Shift", "ShiftLeft", 16, 1, None),
    ("Control", "ControlLeft", 17, 1, None),
    ("Alt", "AltLeft", 18, 1, None),
    ("Meta", "MetaLeft", 91, 1, None),
    ("CapsLock", "CapsLock", 20, 0, None),
    ("ContextMenu", "ContextMenu", 93, 0, None),
    ("Pause", "Pause", 19, 0, None),
    ("PrintScreen", "PrintScreen", 44, 0, None),
    ("F1", "F1", 112, 0, None),
    ("F2", "F2", 113, 0, None),
    ("F3", "F3", 114, 0, None),
    ("F4", "F4", 115, 0, None),
    ("F5", "F5", 116, 0, None),
    ("F6", "F6", 117, 0, None),
    ("F7", "F7", 118, 0, None),
    ("F8", "F8", 119, 0, None),
    ("F9", "F9", 120, 0, None),
    ("F10", "F10", 121, 0, None),
    ("F11", "F11", 122, 0, None),
    ("F12", "F12", 123, 0, None),
];

/// Unshifted and shifted character, code, virtual code.
const PRINTED: [(char, char, &str, u32); 22] = [
    ('0', ')', "Digit0", 48),
    ('1', '!', "Digit1", 49),
    ('2', '@', "Digit2", 50),
    ('3', '#', "Digit3", 51),
    ('4', '$', "Digit4", 52),
    ('5', '%', "Digit5", 53),
    ('6', '^', "Digit6", 54),
    ('7', '&', "Digit7", 55),
    ('8', '*', "Digit8", 56),
    ('9', '(', "Digit9", 57),
    (' ', ' ', "Space", 32),
    (';', ':', "Semicolon", 186),
    ('=', '+', "Equal", 187),
    (',', '<', "Comma", 188),
    ('-', '_', "Minus", 189),
    ('.', '>', "Period", 190),
    ('/', '?', "Slash", 191),
    ('`', '~', "Backquote", 192),
    ('[', '{', "BracketLeft", 219),
    ('\\', '|', "Backslash", 220),
    (']', '}', "BracketRight", 221),
    ('\'', '"', "Quote", 222),
];

impl Key {
    /// The key of a name (`Enter`, `Esc`) or the one that writes a character.
    pub fn named(name: &str) -> Option<Self> {
        let name = match name {
            "Esc" => "Escape",
            "Return" => "Enter",
            "Del" => "Delete",
            "Space" => " ",
            "Left" => "ArrowLeft",
            "Right" => "ArrowRight",
            "Up" => "ArrowUp",
            "Down" => "ArrowDown",
            other => other,
        };
        if let Some((key, code, virtual_code, location, text)) = NAMED.iter().find(|named| named.0 == name) {
            let text = text.map(str::to_owned);
            return Some(Self { key: (*key).to_owned(), code: (*code).to_owned(), virtual_code: *virtual_code, location: *location, text });
        }
        let mut characters = name.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Self::writing(character).map(|(key, _)| key),
            _ => None,
        }
    }

    /// The key that writes a character, and whether Shift is held for it. Other scripts have no key here.
    pub(crate) fn writing(character: char) -> Option<(Self, bool)> {
        let key = |code: &str, virtual_code| Self {
            key: character.to_string(),
            code: code.to_owned(),
            virtual_code,
            location: 0,
            text: Some(character.to_string()),
        };
        if character.is_ascii_alphabetic() {
            let upper = character.to_ascii_uppercase();
            return Some((key(&format!("Key{upper}"), u32::from(upper)), character.is_ascii_uppercase()));
        }
        if character == '\n' || character == '\r' {
            return Self::named("Enter").map(|key| (key, false));
        }
        if character == '\t' {
            return Self::named("Tab").map(|key| (key, false));
        }
        let (plain, _, code, virtual_code) = PRINTED.iter().find(|(plain, shifted, ..)| *plain == character || *shifted == character)?;
        Some((key(code, *virtual_code), *plain != character))
    }

    /// A chord: modifiers and one key, joined by `+`.
    pub(crate) fn chord(text: &str) -> Result<(Self, Modifiers), CdpError> {
        let unknown = |name: &str| CdpError::Invalid(format!("{name:?} is no key (in {text:?})"));
        // The last part may be `+` itself.
        let (held, last) = match text.strip_suffix('+') {
            Some(rest) => (rest.strip_suffix('+').unwrap_or(rest), "+"),
            None => text.rsplit_once('+').unwrap_or(("", text)),
        };
        let mut modifiers = Modifiers::default();
        for name in held.split('+').filter(|name| !name.is_empty()) {
            modifiers = modifiers.with(Modifiers::named(name).ok_or_else(|| unknown(name))?);
        }
        let mut key = Self::named(last).ok_or_else(|| unknown(last))?;
        if modifiers.has(Modifiers::SHIFT) && key.key.len() == 1 {
            let shifted = shifted(&key.key);
            key.text = Some(shifted.clone());
            key.key = shifted;
        }
        if modifiers.0 & !Modifiers::SHIFT.0 != 0 {
            // A shortcut writes nothing.
            key.text = None;
        }
        Ok((key, modifiers))
    }
}

fn shifted(key: &str) -> String {
    let Some(character) = key.chars().next() else { return key.to_owned() };
    PRINTED
        .iter()
        .find(|(plain, ..)| *plain == character)
        .map_or_else(|| character.to_ascii_uppercase().to_string(), |(_, shifted, ..)| shifted.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Key, Modifiers};

    #[test]
    fn chord_is_modifiers_and_a_key() {
        let cases = [
            ("Enter", "Enter", 0, Some("\r")),
            ("Control+A", "A", 2, None),
            ("Control+a", "a", 2, None),
            ("Shift+a", "A", 8, Some("A")),
            ("Shift+1", "!", 8, Some("!")),
            ("Control+Shift+ArrowLeft", "ArrowLeft", 10, None),
            ("+", "+", 0, Some("+")),
            ("Control++", "+", 2, None),
            ("Alt+Meta+Esc", "Escape", 5, None),
        ];
        for (text, key, modifiers, written) in cases {
            let (found, held) = Key::chord(text).unwrap();
            assert_eq!((found.key.as_str(), held, found.text.as_deref()), (key, Modifiers(modifiers), written), "{text}");
        }
        assert_eq!(Key::chord("Control+Foo").unwrap_err().to_string(), "\"Foo\" is no key (in \"Control+Foo\")");
        assert!(Key::chord("é").is_err(), "no key of this keyboard writes it");
        assert_eq!(Key::chord("Hyper+a").unwrap_err().to_string(), "\"Hyper\" is no key (in \"Hyper+a\")");
    }

    proptest! {
        #[test]
        fn any_chord_is_a_key_or_an_error(text in ".{0,20}") {
            if let Ok((key, _)) = Key::chord(&text) {
                prop_assert!(!key.key.is_empty());
            }
        }

        #[test]
        fn every_printable_ascii_character_has_its_key(byte in 0x20_u8..0x7F) {
            let (key, _) = Key::writing(char::from(byte)).unwrap();
            prop_assert_eq!(key.text.unwrap(), char::from(byte).to_string());
        }
    }
}
