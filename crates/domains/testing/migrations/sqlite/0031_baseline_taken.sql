-- How the picture of a baseline is taken: full page, masks, hidden parts. Null = the view, with neither.
alter table testing_baselines add column taken text;
