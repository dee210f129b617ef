-- Which process has which node, what it knows of its nodes, and what it is asked to do with them.
create table node_links (
  node_id text primary key,
  seq bigint not null,
  replica text not null
);

create table node_feeds (
  replica text not null,
  part bigint not null,
  beat bigint not null,
  body text not null,
  primary key (replica, part)
);

create table node_calls (
  id text primary key,
  replica text not null,
  taken boolean not null,
  request text not null,
  answer text,
  created_at bigint not null
);
create index node_calls_open on node_calls (replica) where not taken;

-- Other processes on this database look at once instead of at their next turn.
create or replace function public.argos_signal() returns trigger language plpgsql as $$
begin
  perform pg_notify('argos', tg_argv[0]);
  return null;
end $$;
create trigger node_links_signal after insert or update or delete on node_links for each statement execute function public.argos_signal('nodes.links');
create trigger node_calls_signal after insert on node_calls for each statement execute function public.argos_signal('nodes.calls');
create trigger node_answers_signal after update of answer on node_calls for each statement execute function public.argos_signal('nodes.answers');
