-- Alerts: rules over the feed, what they decided, and whom that was told.

-- The one clock of alerting. Servers' clocks play no part; tests put a clock of their own here.
create function log_clock() returns timestamptz
language sql volatile
as $$ select clock_timestamp() $$;

-- As before, but for the time of the entry: it is taken under the lock and never goes back, so that the order of feed ids
-- is that of their times.
create or replace function append_to_feed(
  first_id bigint,
  last_id bigint,
  first_timestamp timestamptz,
  last_timestamp timestamptz,
  rows integer,
  buckets timestamptz[],
  levels text[],
  sources text[],
  cameras integer[],
  counts bigint[]
) returns bigint
language plpgsql
as $$
declare
  feed_id bigint;
begin
  insert into log_counts_pending (bucket, level, source, camera_id, rows)
  select b, l, s, c, n
  from unnest(buckets, levels, sources, cameras, counts) as t (b, l, s, c, n);

  -- 7,469,001: 'feed'. Transaction-scoped, so it goes with COMMIT or ROLLBACK.
  perform pg_advisory_xact_lock(7469001);
  feed_id := nextval('log_feed_ids');
  insert into log_feed (id, first_id, last_id, first_timestamp, last_timestamp, rows, created_at)
  values (
    feed_id, first_id, last_id, first_timestamp, last_timestamp, rows,
    greatest((select f.created_at from log_feed f order by f.id desc limit 1), log_clock()));
  perform pg_notify('log_feed', feed_id::text);
  return feed_id;
end
$$;

-- The present by the one clock, once all batches that took their time before it are visible: those that come later have a
-- later one.
create function alert_tick() returns timestamptz
language plpgsql
as $$
begin
  perform pg_advisory_xact_lock_shared(7469001);
  return log_clock();
end
$$;

create table alert_rules (
  id bigint generated always as identity primary key,
  -- `user` or `key` and its id, the first one of a key that was rotated: a rule sees what its owner sees.
  owner text not null,
  owner_name text not null,
  name varchar(200) not null,
  enabled boolean not null default true,
  -- As the API takes it, without name and enabled; its form is checked there.
  rule jsonb not null,
  -- Counts the conditions that it had: what an earlier one decided is not this one's.
  revision integer not null default 1,
  -- The newest feed entry when the condition became what it is, and the time of it.
  begins_after bigint not null,
  begun_at timestamptz not null,
  -- Why it cannot be evaluated, and since when.
  problem text,
  problem_since timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (owner, name)
);

-- How far the feed is evaluated; one row.
create table alert_position (
  is_one boolean primary key default true check (is_one),
  feed_id bigint not null,
  -- All that was committed up to then is evaluated.
  watermark timestamptz not null,
  -- Entries up to here left the feed before they were evaluated.
  trimmed_to bigint not null default 0,
  -- Raised by each change of a rule: who evaluates looks whether it knows the rules of this number.
  rules_version bigint not null default 0
);

-- The state of each group of a rule; a rule without groups has the group ''.
create table alert_states (
  rule_id bigint not null,
  group_key text not null,
  state text not null,
  since timestamptz not null,
  -- Identifies the incident under way, or the last one.
  incident bigint,
  value double precision,
  first_at timestamptz,
  last_at timestamptz,
  extended_at timestamptz,
  -- The last sign of life, when a line came last, in how many entries there were some, and from when on it is judged.
  seen_at timestamptz,
  came_at timestamptz,
  sightings integer not null default 0,
  judged_from timestamptz,
  judged_to timestamptz,
  -- When it has to be looked at again though no line comes.
  due_at timestamptz,
  -- The incident that people were told is under way, if any; whether they are to be told something that was held back.
  told_incident bigint,
  is_owed boolean not null default false,
  primary key (rule_id, group_key)
);
create index alert_states_due_idx on alert_states (due_at) where due_at is not null;
create index alert_states_owed_idx on alert_states (rule_id) where is_owed;

-- Matching lines of each group by minute of their own time, for the windows that count.
create table alert_counts (
  rule_id bigint not null,
  group_key text not null,
  minute timestamptz not null,
  rows bigint not null,
  primary key (rule_id, group_key, minute)
);

-- Each change of a group's state; decided once.
create table alert_transitions (
  id bigint generated always as identity primary key,
  rule_id bigint not null,
  revision integer not null,
  group_key text not null,
  kind text not null,
  -- Identifies the cause: the feed entry, the window or the last sign of life.
  window_key bigint not null,
  incident bigint not null,
  at timestamptz not null,
  value double precision,
  threshold double precision,
  first_at timestamptz,
  last_at timestamptz,
  late_ms bigint not null default 0,
  -- Why nobody was told at once.
  held text,
  unique (rule_id, revision, group_key, kind, window_key)
);
create index alert_transitions_at_idx on alert_transitions (at desc, id desc);
create index alert_transitions_rule_idx on alert_transitions (rule_id, id desc);

-- Where notices go. What opens the way there is encrypted with a key that is not in the database.
create table alert_channels (
  id bigint generated always as identity primary key,
  name varchar(100) not null unique,
  kind text not null check (kind in ('webhook', 'email')),
  -- Shown to people: the host, the addressees.
  target text not null,
  sealed bytea not null,
  author text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- Hold notices back; of one rule and group, or of all.
create table alert_silences (
  id bigint generated always as identity primary key,
  rule_id bigint,
  group_key text,
  reason text not null,
  author text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  check (starts_at < ends_at)
);
create index alert_silences_ends_idx on alert_silences (ends_at);

-- Notices on their way: written with the decision, tried until they arrive or a day is over.
create table alert_deliveries (
  id bigint generated always as identity primary key,
  channel_id bigint not null,
  rule_id bigint not null,
  -- `firing`, `resolved`, or of the rule itself: `problem`, `recovered`.
  kind text not null,
  -- More than one make a digest.
  transitions bigint[] not null,
  -- The same for all notices of an incident.
  dedup_key text not null,
  state text not null default 'pending' check (state in ('pending', 'sent', 'dead')),
  attempts integer not null default 0,
  created_at timestamptz not null,
  next_at timestamptz not null,
  ended_at timestamptz,
  -- The receiver's last reply, and the error of the last attempt.
  reply text,
  error text
);
create index alert_deliveries_due_idx on alert_deliveries (next_at) where state = 'pending';
create index alert_deliveries_ended_idx on alert_deliveries (ended_at) where state <> 'pending';
