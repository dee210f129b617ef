alter table identities add column issuer text not null default '';
alter table identities drop constraint "identities.provider, identities.subject";
alter table identities add constraint "identities.provider, identities.issuer, identities.subject" unique (provider, issuer, subject);
alter table api_keys add column warned_days bigint;
