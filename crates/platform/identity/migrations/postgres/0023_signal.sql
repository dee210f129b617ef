-- Every process remembers verified callers for a few seconds: it forgets them when one of these changes their rights.
create or replace function public.argos_signal() returns trigger language plpgsql as $$
begin
  perform pg_notify('argos', tg_argv[0]);
  return null;
end $$;
create trigger sessions_callers after update of revoked_at, setup_only, stepped_up_at or delete on sessions for each statement execute function public.argos_signal('callers');
create trigger users_callers after update of role, is_active, expires_at, allowed_node_ids, must_change_password, totp_enabled_at or delete on users for each statement execute function public.argos_signal('callers');
create trigger api_keys_callers after update of revoked_at or delete on api_keys for each statement execute function public.argos_signal('callers');
create trigger organizations_callers after update of deleted_at or delete on organizations for each statement execute function public.argos_signal('callers');
create trigger organization_members_callers after insert or update or delete on organization_members for each statement execute function public.argos_signal('callers');
create trigger project_members_callers after insert or update or delete on project_members for each statement execute function public.argos_signal('callers');
