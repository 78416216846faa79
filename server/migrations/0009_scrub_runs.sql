-- Masking of stored lines that is asked for once and done in the background, by whichever server has time. One at a time.
create table scrub_runs (
  id bigint generated always as identity primary key,
  -- What is looked for may be the secret itself: gone as soon as the run has ended.
  pattern text,
  started_by text not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  outcome text check (outcome in ('done', 'stopped')),
  total_rows bigint not null,
  scanned_rows bigint not null default 0,
  matched_rows bigint not null default 0,
  -- Every row before this place is still to come; null where it begins.
  place_timestamp timestamptz,
  place_id bigint not null default 0,
  check ((ended_at is null) = (pattern is not null) and (ended_at is null) = (outcome is null))
);
create unique index scrub_runs_one_at_a_time on scrub_runs ((ended_at is null))
  where ended_at is null;
