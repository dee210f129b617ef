//! Signing in with a password that a directory judges: only where there is no local account of that name.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, Result, Role};
use argos_web::OpCx;

use super::external::Intake;
use super::login::How;
use super::{Authority, UserChange};
use crate::model::external::Admission;
use crate::model::session::SessionKind;
use crate::model::user::{User, UserSecrets};
use crate::service::Identity;
use crate::store::users;

impl Identity {
    /// The account of somebody the directory knows by this password, made at the first time.
    pub(crate) async fn by_directory(&self, cx: &OpCx, username: &str, password: &str) -> Result<Option<(User, UserSecrets)>> {
        let Some(directory) = self.0.directory.get() else { return Ok(None) };
        let Some(person) = directory.check(username, password).await? else { return Ok(None) };
        let admission = Admission { auto_provision: true, ..Admission::default() };
        let intake = Intake {
            admission: &admission,
            default_role: person.role.unwrap_or(Role::Viewer),
            how: How { kind: SessionKind::Web, route: "ldap", methods: &["password"] },
            created_via: "ldap",
        };
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let Ok(user) = self.account_of(&mut change, &person.profile, &intake).await? else { return Ok(None) };
        change.commit(Entry::new("auth.directory_bind", Category::Auth).target("user", &user.username)).await?;
        // The directory decides as long as it names roles; an owner is nothing a directory can make or unmake.
        if let Some(role) = person.role.filter(|role| user.role != *role && user.role != Role::Owner) {
            let by = Authority { actor: Actor { name: "ldap".to_owned(), ..Actor::system() }, ..Authority::command_line() };
            self.change_user(&by, user.id, UserChange { role: Some(role), ..UserChange::default() }).await?;
        }
        Ok(users::find(&self.0.db, users::By::Id(user.id)).await?)
    }
}
