-- The search of texts: any part of at least three characters, found by its trigrams. Only row numbers are kept, so the
-- index is about as large as the text. The statements compare the found lines exactly.
create virtual table log_text using fts5 (body, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram');
insert into log_text (rowid, body)
  select id, coalesce(path, '') || ' ' || coalesce(user_agent, '') || ' ' || message || ' ' || coalesce(raw, '') from log_entries;
create trigger log_text_added after insert on log_entries begin
  insert into log_text (rowid, body)
    values (new.id, coalesce(new.path, '') || ' ' || coalesce(new.user_agent, '') || ' ' || new.message || ' ' || coalesce(new.raw, ''));
end;
create trigger log_text_removed after delete on log_entries begin
  delete from log_text where rowid = old.id;
end;
