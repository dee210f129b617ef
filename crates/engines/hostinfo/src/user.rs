//! Names of local users, from `/etc/passwd` alone.
//!
//! Directory services (LDAP, SSSD) are not asked: a lookup there may block. Their users have a
//! number and no name.

use crate::text;
use crate::tree::Tree;
use std::collections::HashMap;
use std::sync::Arc;

/// Parses a passwd file into names by user id; the first entry of an id wins, as in getpwuid(3).
#[must_use]
pub fn parse_passwd(text: &[u8]) -> HashMap<u32, Arc<str>> {
    let mut names = HashMap::new();
    for line in text::lines(text) {
        let mut fields = line.split(|&byte| byte == b':');
        let name = fields.next().and_then(text::words).filter(|name| !name.starts_with('#'));
        let uid = fields.nth(1).and_then(text::number::<u32>);
        if let Some((name, uid)) = name.zip(uid) {
            names.entry(uid).or_insert_with(|| Arc::from(name));
        }
    }
    names
}

/// Keeps the names.
#[derive(Debug, Default)]
pub(crate) struct Users {
    names: HashMap<u32, Arc<str>>,
}

impl Users {
    pub(crate) fn refresh(&mut self, tree: &mut Tree) {
        if let Some(text) = tree.read(format_args!("/etc/passwd")) {
            self.names = parse_passwd(text);
        }
    }

    pub(crate) fn name(&self, uid: u32) -> Option<Arc<str>> {
        self.names.get(&uid).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwd_first_entry_of_an_id_wins() {
        let text = b"root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\n# note:x:5:\nwww-data:x:33:33::/:\nbroken\n";
        let names = parse_passwd(text);
        assert_eq!(names.get(&0).map(|name| &**name), Some("root"));
        assert_eq!(names.get(&33).map(|name| &**name), Some("www-data"));
        assert_eq!(names.len(), 2);
    }
}
