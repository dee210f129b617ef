-- What was told of a backend outlives it, until it was taken back: a problem of a backend that was removed has to end.
alter table edge_target_states drop constraint edge_target_states_target_id_fkey;
