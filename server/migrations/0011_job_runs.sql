-- What runs on a clock, one row a job: how often it was asked for, whether it runs, and when it last came to its end.
create table job_runs (
  name text primary key,
  -- Late when it did not come to its end for so long; null for one that no clock asks for.
  late_after interval,
  -- Since when a clock asks for it: what a stopped server did not do is not late.
  awaited_since timestamptz not null default now(),
  -- A run answers every time it was asked for before it began.
  asked bigint not null default 0,
  answered bigint not null default 0,
  started_at timestamptz,
  -- The last end without a failure.
  finished_at timestamptz,
  failed_at timestamptz
);
