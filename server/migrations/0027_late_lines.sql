-- Lines of a group that came over a day from their own time: they count in no window.
alter table alert_states add column too_late bigint not null default 0;

-- The transition whose notice is held back: that a rule cannot be evaluated, or can again.
alter table alert_rules add column problem_owed bigint;
