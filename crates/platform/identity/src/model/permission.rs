//! The permission catalogue: which string each global and organization role holds (platform spec 2.1, 2.2), the
//! classic lists `/api/me` shows (2.6), and [`Grants`], a set of them.
//!
//! The tables are data; `contract/access_matrix.txt` is their committed print, checked by a test.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use argos_kernel::Role;

/// What each global role adds to the one before it.
pub const ROLE_ADDS: [(Role, &str); 4] = [
    (
        Role::Viewer,
        "self stats:read history:read integrations:read alerts:read automations:read backups:read plugins:read \
         notifications:read dashboard:read dashboard:write edge:read logs:read power:read nodes:read events:read \
         agents:read monitors:read incidents:read approvals:read maintenance:read remediation:read drift:read \
         inventory:read posture:read infra:read system:read settings:read ai:query",
    ),
    (
        Role::Operator,
        "automations:run automations:write backups:restore backups:verify services:control containers:control \
         scripts:run webhooks:trigger compose:control wol:send dns:toggle hass:control edge:operate logs:system \
         logs:export power:operate nodes:operate events:ack agents:command agents:terminal monitors:run \
         incidents:write approvals:decide maintenance:operate remediation:run drift:run inventory:scan posture:scan \
         infra:control integrations:test notifications:inspect dashboards:write reports:create iac:export \
         system:inspect system:recover ai:use",
    ),
    (
        Role::Admin,
        "automations:delete automations:manage backups:manage plugins:install notifications:manage users:manage \
         settings:write audit:read api_keys:manage ssh_keys:manage terminal:access config:backup config:restore \
         system:governor system:update cloud:manage edge:write edge:security logs:manage power:manage power:control \
         nodes:manage agents:command_high agents:manage alerts:manage monitors:manage status:manage \
         maintenance:manage remediation:manage drift:manage inventory:manage posture:write infra:manage \
         integrations:manage webhooks:manage ai:manage admin:full_access admin:system_config",
    ),
    (Role::Owner, "instance:restore instance:export instance:import roles:owner admin:impersonate"),
];

/// What each global role adds to the one before it in the documented classic lists: 10, 21 and 35 strings.
const CLASSIC_ADDS: [(Role, &str); 3] = [
    (
        Role::Viewer,
        "stats:read history:read integrations:read alerts:read automations:read backups:read plugins:read \
         notifications:read dashboard:read dashboard:write",
    ),
    (
        Role::Operator,
        "automations:run automations:write backups:restore services:control containers:control scripts:run \
         webhooks:trigger compose:control wol:send dns:toggle hass:control",
    ),
    (
        Role::Admin,
        "automations:delete backups:manage plugins:install notifications:manage users:manage settings:write audit:read \
         api_keys:manage ssh_keys:manage terminal:access config:backup config:restore system:governor cloud:manage",
    ),
];

/// Every permission that is judged inside an organization.
pub const ORGANIZATION: &str = "org:read org:write org:delete org:manage_members org:manage_billing org:manage_settings \
     project:read project:write project:delete project:manage_members project:manage_settings \
     test:read test:write test:delete test:execute test:approve results:read results:export results:delete \
     api_key:read api_key:create api_key:revoke api_key:rotate audit:read audit:export \
     healing:read healing:approve healing:configure integration:read integration:configure integration:delete";

/// A role inside one organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrgRole {
    Owner,
    Admin,
    Member,
    Viewer,
    Maintainer,
    Developer,
    ProjectViewer,
    BillingAdmin,
    SecurityAdmin,
    ServiceAccount,
    ApiUser,
}

impl OrgRole {
    pub const ALL: [Self; 11] = [
        Self::Owner,
        Self::Admin,
        Self::Member,
        Self::Viewer,
        Self::Maintainer,
        Self::Developer,
        Self::ProjectViewer,
        Self::BillingAdmin,
        Self::SecurityAdmin,
        Self::ServiceAccount,
        Self::ApiUser,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
            Self::Maintainer => "maintainer",
            Self::Developer => "developer",
            Self::ProjectViewer => "project_viewer",
            Self::BillingAdmin => "billing_admin",
            Self::SecurityAdmin => "security_admin",
            Self::ServiceAccount => "service_account",
            Self::ApiUser => "api_user",
        }
    }

    /// Reads the stored or documented word; `project_admin` is a maintainer.
    pub fn parse(word: &str) -> Option<Self> {
        if word == "project_admin" {
            return Some(Self::Maintainer);
        }
        Self::ALL.into_iter().find(|r| r.as_str() == word)
    }

    /// The role a new user takes in the default organization (platform spec 0.8).
    pub const fn default_for(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Operator => Self::Member,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
        }
    }

    const fn permissions(self) -> &'static str {
        match self {
            Self::Owner => ORGANIZATION,
            Self::Admin => {
                "org:read org:write org:manage_members org:manage_settings project:read project:write project:delete \
                 project:manage_members project:manage_settings test:read test:write test:delete test:execute test:approve \
                 results:read results:export api_key:read api_key:create api_key:revoke api_key:rotate audit:read \
                 healing:read healing:approve healing:configure integration:read integration:configure"
            }
            Self::Member => {
                "org:read project:read project:write test:read test:write test:execute results:read results:export \
                 healing:read integration:read"
            }
            Self::Viewer => "org:read project:read test:read results:read",
            Self::Maintainer => {
                "project:read project:write project:manage_members project:manage_settings test:read test:write \
                 test:delete test:execute test:approve results:read results:export healing:read healing:approve"
            }
            Self::Developer => "project:read project:write test:read test:write test:execute results:read results:export healing:read",
            Self::ProjectViewer => "project:read test:read results:read",
            Self::BillingAdmin => "org:read org:manage_billing",
            Self::SecurityAdmin => "org:read audit:read audit:export api_key:read api_key:revoke",
            Self::ServiceAccount => "test:read test:write test:execute results:read healing:read",
            Self::ApiUser => "test:read test:execute results:read",
        }
    }
}

const WORDS: usize = 4;

struct Catalogue {
    /// Sorted, so that a name is found by binary search and lists come out in order.
    names: Vec<&'static str>,
    roles: [Grants; 4],
    organization: Vec<(OrgRole, Grants)>,
    organization_all: Grants,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let tables = ROLE_ADDS.iter().map(|(_, adds)| *adds).chain([ORGANIZATION]);
    let names: Vec<&'static str> = tables.flat_map(str::split_whitespace).collect::<BTreeSet<_>>().into_iter().collect();
    assert!(names.len() <= WORDS * 64, "the permission set holds {} strings", WORDS * 64);
    let set = |list: &str| {
        let mut grants = Grants::EMPTY;
        for name in list.split_whitespace() {
            grants.insert_index(names.binary_search(&name).expect("every table entry is in the catalogue"));
        }
        grants
    };
    let mut so_far = Grants::EMPTY;
    let roles = ROLE_ADDS.map(|(_, adds)| {
        so_far = so_far.union(set(adds));
        so_far
    });
    let organization = OrgRole::ALL.map(|r| (r, set(r.permissions()))).to_vec();
    let organization_all = set(ORGANIZATION);
    Catalogue { names, roles, organization, organization_all }
});

/// A set of permission strings. Copying is cheap: it is 32 bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Grants([u64; WORDS]);

impl Grants {
    pub const EMPTY: Self = Self([0; WORDS]);

    /// Everything a global role holds.
    pub fn of_role(role: Role) -> Self {
        CATALOGUE.roles[role as usize]
    }

    /// Everything an organization role holds inside its organization.
    pub fn of_org_role(role: OrgRole) -> Self {
        CATALOGUE.organization.iter().find(|(r, _)| *r == role).map_or(Self::EMPTY, |(_, g)| *g)
    }

    /// What a role inside the default organization adds to a caller's rights on the instance. Names that mean the whole
    /// instance as well (`audit:read`) are not an organization's to give.
    pub fn inside_organization(role: OrgRole) -> Self {
        let instance = Self::of_role(Role::Owner);
        Self(std::array::from_fn(|i| Self::of_org_role(role).0[i] & !instance.0[i]))
    }

    /// Every permission judged inside an organization.
    pub fn organization() -> Self {
        CATALOGUE.organization_all
    }

    /// The whole catalogue.
    pub fn all() -> Self {
        Self::matching(|_| true)
    }

    /// The permissions whose name fits.
    pub fn matching(mut fits: impl FnMut(&str) -> bool) -> Self {
        let mut grants = Self::EMPTY;
        for (index, name) in CATALOGUE.names.iter().enumerate() {
            if fits(name) {
                grants.insert_index(index);
            }
        }
        grants
    }

    /// The set with exactly this permission; `None` when the catalogue does not know it.
    pub fn single(name: &str) -> Option<Self> {
        let index = CATALOGUE.names.binary_search(&name).ok()?;
        let mut grants = Self::EMPTY;
        grants.insert_index(index);
        Some(grants)
    }

    pub fn has(&self, name: &str) -> bool {
        CATALOGUE.names.binary_search(&name).is_ok_and(|i| self.has_index(i))
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    /// True when `other` holds nothing that this set lacks.
    pub fn contains(&self, other: Self) -> bool {
        other.intersect(*self) == other
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// The names, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        CATALOGUE.names.iter().enumerate().filter(|(i, _)| self.has_index(*i)).map(|(_, name)| *name).collect()
    }

    fn has_index(&self, index: usize) -> bool {
        self.0[index / 64] >> (index % 64) & 1 == 1
    }

    fn insert_index(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// The classic list of a role, sorted: 10, 21, 35 strings. An owner shows the admin's.
pub fn classic(role: Role) -> Vec<&'static str> {
    let mut names: Vec<&'static str> =
        CLASSIC_ADDS.iter().filter(|(r, _)| *r <= role).flat_map(|(_, adds)| adds.split_whitespace()).collect();
    names.sort_unstable();
    names
}

/// The role x permission table as text, one permission a line: `x` where the role holds it.
pub fn access_matrix() -> String {
    let mut out = String::from(
        "# role x permission, written by the test of argos-identity; columns: global roles, then organization roles\npermission",
    );
    for role in Role::ALL {
        out.push('\t');
        out.push_str(role.as_str());
    }
    for role in OrgRole::ALL {
        out.push_str("\torg:");
        out.push_str(role.as_str());
    }
    out.push('\n');
    for name in &CATALOGUE.names {
        out.push_str(name);
        let global = Role::ALL.into_iter().map(Grants::of_role);
        for grants in global.chain(OrgRole::ALL.into_iter().map(Grants::of_org_role)) {
            out.push_str(if grants.has(name) { "\tx" } else { "\t." });
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_grow_strictly() {
        for pair in Role::ALL.windows(2) {
            let (low, high) = (Grants::of_role(pair[0]), Grants::of_role(pair[1]));
            assert!(high.contains(low) && high != low);
        }
        assert!(!Grants::of_role(Role::Admin).has("roles:owner"));
        assert!(!Grants::of_role(Role::Viewer).has("edge:operate"));
        assert!(!Grants::all().has("no:such"));
    }

    #[test]
    fn classic_lists_have_the_documented_lengths() {
        assert_eq!(Role::ALL.map(|r| classic(r).len()), [10, 21, 35, 35]);
        assert!(classic(Role::Admin).iter().all(|name| Grants::of_role(Role::Admin).has(name)));
    }

    #[test]
    fn organization_admin_is_owner_minus_five() {
        let owner = Grants::of_org_role(OrgRole::Owner).names();
        let admin = Grants::of_org_role(OrgRole::Admin);
        let missing: Vec<_> = owner.into_iter().filter(|n| !admin.has(n)).collect();
        assert_eq!(missing, ["audit:export", "integration:delete", "org:delete", "org:manage_billing", "results:delete"]);
    }

    #[test]
    fn organization_role_gives_no_right_on_the_instance() {
        for role in OrgRole::ALL {
            assert!(Grants::inside_organization(role).intersect(Grants::of_role(Role::Owner)).is_empty(), "{role:?}");
        }
        assert!(Grants::of_org_role(OrgRole::Admin).has("audit:read") && !Grants::inside_organization(OrgRole::Admin).has("audit:read"));
    }

    #[test]
    fn sets_unite_intersect_and_print_sorted() {
        let a = Grants::single("edge:read").unwrap().union(Grants::single("audit:read").unwrap());
        assert_eq!(a.names(), ["audit:read", "edge:read"]);
        assert_eq!(a.intersect(Grants::of_role(Role::Viewer)).names(), ["edge:read"]);
        assert!(Grants::single("nothing:here").is_none());
    }
}
