-- Signs of life that were not stored: lines held back by a level or dropped by a rule, by what they have in common. Kept
-- while some alert rule waits for silence.
create table alert_signs (
  level varchar(20) not null,
  source varchar(100) not null,
  camera_id integer,
  seen_at timestamptz not null,
  unique nulls not distinct (level, source, camera_id)
);
create index alert_signs_seen_idx on alert_signs (seen_at);
