//! `ups.status`: whole words in the device's order, never substrings.

/// The flags of one status text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags(Vec<String>);

impl Flags {
    pub fn parse(text: &str) -> Self {
        let mut flags: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            if !flags.iter().any(|f| f == word) {
                flags.push(word.to_owned());
            }
        }
        Self(flags)
    }
    pub fn has(&self, flag: &str) -> bool {
        self.0.iter().any(|f| f == flag)
    }
    /// Supplied by the battery.
    pub fn on_battery(&self) -> bool {
        self.has("OB")
    }
    /// Supplied by the mains. Neither this nor [`Flags::on_battery`]: nothing can be said (`WAIT`, `OFF` ...).
    pub fn on_mains(&self) -> bool {
        self.has("OL") && !self.has("OB")
    }
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}
