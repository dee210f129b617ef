alter table events add column acknowledged_by_uid text;
