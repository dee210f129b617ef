-- Other processes on this database look at once instead of at their next turn.
create or replace function public.argos_signal() returns trigger language plpgsql as $$
begin
  perform pg_notify('argos', tg_argv[0]);
  return null;
end $$;
create trigger events_signal after insert or update on events for each statement execute function public.argos_signal('events');
