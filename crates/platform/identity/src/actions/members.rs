//! Who belongs to an organization: inviting, accepting, changing roles, leaving. A place is pending until its invitation
//! is accepted and gives no right before that.

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{AppError, ErrorKind, Result, Role, Secret, Uid, hex};
use argos_web::OpCx;
use serde_json::json;

use super::{OrganizationAccess, user_event};
use crate::model::organization::{DELETED_KEPT_DAYS, INVITATION_DAYS, Invitation, Member, MemberStatus, Organization};
use crate::model::permission::OrgRole;
use crate::model::user::{self, User};
use crate::service::Identity;
use crate::store::{invitations, members, organizations, users};

/// Who is invited, as what.
pub(crate) struct Invite<'a> {
    pub(crate) email: &'a str,
    pub(crate) role: OrgRole,
    pub(crate) message: Option<&'a str>,
}

/// Somebody without an account who accepts an invitation.
pub(crate) struct Registration<'a> {
    pub(crate) username: &'a str,
    pub(crate) display_name: Option<&'a str>,
    pub(crate) password: &'a str,
}

fn not_a_member() -> AppError {
    AppError::not_found("Member not found")
}

impl Identity {
    /// Keeps a place and makes the invitation to it. The token is returned this once.
    pub(crate) async fn invite(&self, cx: &OpCx, access: &OrganizationAccess, wanted: &Invite<'_>) -> Result<(Member, Secret<String>)> {
        user::check_email(wanted.email)?;
        let (org, now, email) = (&access.organization, self.now(), wanted.email.to_ascii_lowercase());
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        organizations::lock(&mut change, org.id).await?;
        match members::by_email(&mut change, org.id, &email).await? {
            Some(m) if m.status == MemberStatus::Pending => {
                return Err(AppError::bad_request("An invitation to this address is pending").code("invitation_pending"));
            }
            Some(_) => return Err(AppError::bad_request("This person is a member already").code("already_member")),
            None => {}
        }
        let (uid, by) = (self.mint(), cx.caller.username.as_str());
        let member_id = members::invite(&mut change, uid, org.id, &email, wanted.role, by, now).await?;
        let token = Secret::new(hex(&self.0.rng.bytes::<32>()));
        let row = invitations::NewInvitation {
            uid: self.mint(),
            organization_id: org.id,
            member_id,
            email: &email,
            role: wanted.role,
            token_hash: self.token_hash_text(token.reveal()),
            message: wanted.message,
            may_register: cx.has("users:manage"),
            invited_by: by,
            now,
            expires_at: now.plus_secs(INVITATION_DAYS * 86_400),
        };
        invitations::insert(&mut change, &row).await?;
        let member = members::by_uid(&mut change, org.id, uid).await?.ok_or_else(not_a_member)?;
        self.member_changed(&mut change, &org.name, &email, "was invited").await?;
        let entry = Entry::new("member.invite", Category::Security)
            .organization(org.id)
            .target("member", &email)
            .describe(format!("{email} invited to {} as {}", org.name, wanted.role.as_str()))
            .after(json!({ "email": email, "role": wanted.role.as_str() }));
        change.commit(entry).await?;
        Ok((member, token))
    }

    /// Places of an organization, oldest first.
    pub(crate) async fn members_of(&self, organization_id: i64) -> Result<Vec<Member>> {
        Ok(members::list(&self.0.db, organization_id).await?)
    }

    /// Organizations of a user with the role there.
    pub(crate) async fn organizations_of(&self, user_id: i64) -> Result<Vec<(Organization, OrgRole)>> {
        let standing = members::standing_of(&self.0.db, user_id).await?;
        let role = |id: i64| standing.iter().find(|s| s.organization_id == id).map(|s| s.role);
        let list = organizations::of_user(&self.0.db, user_id).await?;
        Ok(list.into_iter().filter_map(|org| role(org.id).map(|role| (org, role))).collect())
    }

    /// A member by the id of the user or of the membership; 404 otherwise.
    async fn member(&self, change: &mut Mutation, organization_id: i64, text: &str) -> Result<Member> {
        let found = match (text.parse::<i64>(), text.parse::<Uid>()) {
            (Ok(id), _) => members::by_user(change, organization_id, id).await?,
            (_, Ok(uid)) => members::by_uid(change, organization_id, uid).await?,
            _ => None,
        };
        found.ok_or_else(not_a_member)
    }

    /// Takes somebody out, or takes an invitation back.
    pub(crate) async fn remove_member(&self, cx: &OpCx, access: &OrganizationAccess, text: &str) -> Result<()> {
        let org = &access.organization;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        organizations::lock(&mut change, org.id).await?;
        let member = self.member(&mut change, org.id, text).await?;
        if member.role == OrgRole::Owner {
            return Err(AppError::bad_request("The owner cannot be removed").code("owner"));
        }
        let own = member.user_id.is_some() && member.user_id == cx.caller.user_id;
        if member.role == OrgRole::Admin && access.role != OrgRole::Owner && !own {
            return Err(AppError::forbidden("Only an owner may remove an administrator").code("role_too_low"));
        }
        self.end_membership(change, &member, &org.name, "was removed").await
    }

    /// Leaves; the last owner hands over first.
    pub(crate) async fn leave(&self, cx: &OpCx, organization_id: i64, name: &str) -> Result<()> {
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        organizations::lock(&mut change, organization_id).await?;
        let own = members::by_user(&mut change, organization_id, cx.user_id()?).await?.ok_or_else(not_a_member)?;
        if own.role == OrgRole::Owner && !members::other_owner_exists(&mut change, organization_id, own.id).await? {
            return Err(AppError::bad_request("Hand the organization over before you leave it").code("last_owner"));
        }
        self.end_membership(change, &own, name, "left").await
    }

    async fn end_membership(&self, mut change: Mutation, member: &Member, organization: &str, what: &str) -> Result<()> {
        invitations::end_of_place(&mut change, member.id, self.now()).await?;
        members::remove(&mut change, member).await?;
        self.evict_on_commit(&mut change);
        let who = shown(member);
        self.member_changed(&mut change, organization, &who, what).await?;
        let entry = Entry::new("member.remove", Category::Security)
            .organization(member.organization_id)
            .target("member", &who)
            .describe(format!("{who} {what} in {organization}"))
            .before(json!({ "role": member.role.as_str(), "status": member.status.as_str() }));
        change.commit(entry).await
    }

    /// Gives a member another role; owners do, and an owner's role is only handed over.
    pub(crate) async fn set_member_role(&self, cx: &OpCx, access: &OrganizationAccess, text: &str, role: OrgRole) -> Result<()> {
        if access.role != OrgRole::Owner {
            return Err(AppError::forbidden("Only an owner may change roles").code("role_too_low"));
        }
        let org = &access.organization;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        organizations::lock(&mut change, org.id).await?;
        let member = self.member(&mut change, org.id, text).await?;
        if member.role == OrgRole::Owner {
            return Err(AppError::bad_request("An owner's role cannot be changed; hand the organization over").code("owner"));
        }
        members::set_role(&mut change, member.id, role).await?;
        self.evict_on_commit(&mut change);
        let who = shown(&member);
        self.member_changed(&mut change, &org.name, &who, &format!("became {}", role.as_str())).await?;
        let entry = Entry::new("member.role_change", Category::Security)
            .organization(org.id)
            .target("member", &who)
            .describe(format!("{who}: {} -> {} in {}", member.role.as_str(), role.as_str(), org.name))
            .before(json!({ "role": member.role.as_str() }))
            .after(json!({ "role": role.as_str() }));
        change.commit(entry).await
    }

    /// Invitations of an organization, newest first.
    pub(crate) async fn invitations_of(&self, organization_id: i64) -> Result<Vec<Invitation>> {
        Ok(invitations::list(&self.0.db, organization_id).await?)
    }

    /// Takes an open invitation back.
    pub(crate) async fn revoke_invitation(&self, cx: &OpCx, access: &OrganizationAccess, uid: &str) -> Result<()> {
        let not_found = || AppError::not_found("Invitation not found");
        let uid: Uid = uid.parse().map_err(|_| not_found())?;
        let org = &access.organization;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let invitation = invitations::by_uid(&mut change, org.id, uid).await?.ok_or_else(not_found)?;
        if !invitations::end(&mut change, invitation.id, "revoked", self.now()).await? {
            return Err(AppError::bad_request("The invitation is no longer open").code("invitation_ended"));
        }
        if let Some(place) = self.place_of(&mut change, &invitation).await? {
            members::remove(&mut change, &place).await?;
        }
        let entry = Entry::new("member.invite_revoke", Category::Security)
            .organization(org.id)
            .target("member", &invitation.email)
            .describe(format!("Invitation of {} to {} taken back", invitation.email, org.name));
        change.commit(entry).await
    }

    async fn place_of(&self, change: &mut Mutation, invitation: &Invitation) -> Result<Option<Member>> {
        let place = members::by_email(change, invitation.organization_id, &invitation.email).await?;
        Ok(place.filter(|m| Some(m.id) == invitation.member_id))
    }

    /// The invitation a token belongs to.
    pub(crate) async fn invitation(&self, token: &str) -> Result<Option<Invitation>> {
        Ok(invitations::by_hash(&self.0.db, &self.token_hash_text(token)).await?)
    }

    /// An invitation that can be accepted: 404 for an unknown token, 410 when its time is over.
    async fn open_invitation(&self, token: &str) -> Result<Invitation> {
        let found = self.invitation(token).await?.ok_or_else(|| AppError::not_found("Invitation not found"))?;
        match found.fault(self.now()) {
            Some(text) => Err(AppError::new(ErrorKind::Gone, text).code("invitation_ended")),
            None => Ok(found),
        }
    }

    /// Takes the kept place as the signed-in user. Whoever has an e-mail address must be the one invited.
    pub(crate) async fn accept_invitation(&self, cx: &OpCx, token: &str) -> Result<Invitation> {
        let invitation = self.open_invitation(token).await?;
        let (user, _) = self.account(cx.user_id()?).await?;
        if user.email.as_deref().is_some_and(|mail| !mail.eq_ignore_ascii_case(&invitation.email)) {
            return Err(AppError::forbidden("This invitation was made for another e-mail address").code("email_mismatch"));
        }
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if members::by_user(&mut change, invitation.organization_id, user.id).await?.is_some() {
            return Err(AppError::conflict("You are a member of this organization already").code("already_member"));
        }
        self.take_place(&mut change, &invitation, &user).await?;
        change.commit(accepted(&invitation, &user)).await?;
        Ok(invitation)
    }

    async fn take_place(&self, change: &mut Mutation, invitation: &Invitation, user: &User) -> Result<()> {
        let ended = || AppError::new(ErrorKind::Gone, "Invitation was already accepted").code("invitation_ended");
        let place = invitation.member_id.ok_or_else(ended)?;
        let now = self.now();
        if !invitations::end(change, invitation.id, "accepted", now).await? || !members::accept(change, place, user.id, now).await? {
            return Err(ended());
        }
        self.evict_on_commit(change);
        self.member_changed(change, &invitation.organization_name, &user.username, "joined").await
    }

    /// Makes an account and takes the kept place with it. Only invitations of those who may make accounts allow it.
    pub(crate) async fn register_with_invitation(&self, cx: &OpCx, token: &str, new: &Registration<'_>) -> Result<User> {
        let invitation = self.open_invitation(token).await?;
        if !invitation.may_register {
            let text = "Sign in with an existing account to accept this invitation";
            return Err(AppError::forbidden(text).code("registration_not_allowed"));
        }
        user::check_username(new.username)?;
        let display_name = new.display_name.unwrap_or(new.username);
        user::check_display_name(display_name)?;
        self.check_password(new.password)?;
        let hash = self.0.hasher.hash(new.password).await?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let row = users::NewUser {
            uid: self.mint(),
            username: new.username,
            display_name,
            email: Some(&invitation.email),
            password_hash: Some(hash),
            role: Role::Viewer,
            is_temporary: false,
            expires_at: None,
            allowed_node_ids: None,
            must_change_password: false,
            created_via: "invitation",
        };
        let user = self.insert_user(&mut change, &row).await?;
        // Who joined the default organization by being made gives that place up for the one that was kept.
        if let Some(joined) = members::by_user(&mut change, invitation.organization_id, user.id).await? {
            members::remove(&mut change, &joined).await?;
        }
        self.take_place(&mut change, &invitation, &user).await?;
        let actor = change.actor().clone();
        let event = user_event("auth.user_changed", format!("User {} was created", user.username), &user, &actor);
        self.0.events.publish(&mut change, event.data(json!({ "username": user.username, "change": "created" }))).await?;
        let made = Entry::new("user.create", Category::Security)
            .alias("user_add")
            .target("user", &user.username)
            .describe(format!("User {} created by the invitation of {}", user.username, invitation.invited_by));
        change.commit_all(vec![made, accepted(&invitation, &user)]).await?;
        Ok(user)
    }

    /// Ends invitations nobody accepted in time, and removes organizations deleted a month ago.
    pub(crate) async fn purge_organizations(&self) -> Result<u64> {
        let now = self.now();
        let kept_s = DELETED_KEPT_DAYS * 86_400;
        Ok(invitations::expire(&self.0.db, now).await? + organizations::purge(&self.0.db, now.minus_secs(kept_s)).await?)
    }
}

fn accepted(invitation: &Invitation, user: &User) -> Entry {
    Entry::new("member.accept", Category::Security)
        .organization(invitation.organization_id)
        .target("member", &user.username)
        .describe(format!("{} joined {}", user.username, invitation.organization_name))
        .after(json!({ "role": invitation.role.as_str() }))
}

fn shown(member: &Member) -> String {
    member.username.clone().or_else(|| member.email.clone()).unwrap_or_else(|| member.uid.to_string())
}
