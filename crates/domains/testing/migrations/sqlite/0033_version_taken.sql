-- How the picture of a version was taken, so that going back to it goes back to that too. Null = nobody wrote it down.
alter table testing_baseline_versions add column taken text;
