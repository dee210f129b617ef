-- What an offer is about: it does not stand while a newer one for the same does.
alter table undo_offers add column subject text not null default '';
create index undo_offers_subject on undo_offers (subject);
