-- The last gaps, in minutes, between the minutes in which lines of a group came; kept where silence is unlike its usual cadence.
alter table alert_states add column gaps integer[];
