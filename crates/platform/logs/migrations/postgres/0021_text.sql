-- The search of texts: any part of at least three characters, found by its trigrams. The extension comes with PostgreSQL
-- and may be created by the owner of a database; where it is missing, the search reads every line and finds the same.
do $$
begin
  create extension if not exists pg_trgm with schema public;
  create index log_entries_text on telemetry.log_entries using gin
    (lower(coalesce(path, '') || ' ' || coalesce(user_agent, '') || ' ' || message || ' ' || coalesce(raw, '')) public.gin_trgm_ops);
exception when others then
  raise notice 'log texts are searched without an index: %', sqlerrm;
end $$;
