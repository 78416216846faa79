-- Rows that are no longer written are packed: thousands of them become one row of `log_blocks`, column by column.
-- `log_rows` holds the others, and `logs` is the relation of both.

do $$
declare
  name text;
begin
  for name in
    select relname
    from pg_class
    where relkind = 'p' and relnamespace = current_schema()::regnamespace and relname ~ '^logs(_c[0-9]+)?$'
  loop
    execute format('alter table %I rename to %I', name, replace(name, 'logs', 'log_rows'));
  end loop;
end
$$;

-- A block holds rows of one partition and one day (UTC), in the order (timestamp, id). Blocks of a partition do not
-- overlap in it. The n-th row, from 0, has the n-th value of each array.
create table log_blocks (
  format smallint not null default 1,
  rows integer not null,
  -- Of messages and of `extra_data` as text.
  raw_bytes bigint not null,
  first_timestamp timestamptz not null,
  last_timestamp timestamptz not null,
  -- Of the first row and of the last one.
  first_row_id bigint not null,
  last_row_id bigint not null,
  -- The lowest and the highest.
  first_id bigint not null,
  last_id bigint not null,
  -- Microseconds from one row to the next if all were as far apart.
  step bigint not null,
  -- A dictionary of the four: its entries are numbered from 1.
  levels text[] not null,
  sources text[] not null,
  cameras integer[] not null,
  loggers text[] not null,
  codes smallint[] not null,
  -- id - first_id - n.
  ids integer[],
  wide_ids bigint[],
  -- Microseconds after first_timestamp + n * step.
  times integer[],
  wide_times bigint[],
  -- Joined by U+001E, which none of them holds.
  messages text not null,
  -- Null where no row has any.
  extra jsonb[],
  -- A Bloom filter of all runs of five ASCII characters in lower case; null where it is not made yet.
  signature bytea,
  signature_bits integer,
  primary key (first_timestamp, first_row_id)
) partition by range (first_timestamp);

-- Its bytes are read one by one.
alter table log_blocks alter column signature set storage external;

-- lz4 where the server was built with it; pglz otherwise.
do $$
declare
  name text;
begin
  foreach name in array array['levels', 'sources', 'cameras', 'loggers', 'codes', 'ids', 'wide_ids', 'times', 'wide_times', 'messages', 'extra']
  loop
    execute format('alter table log_blocks alter column %I set compression lz4', name);
  end loop;
exception when feature_not_supported or invalid_parameter_value then
  null;
end
$$;

-- What was cleared before can be brought back: it has no blocks.
do $$
declare
  name text;
begin
  for name in
    select relname
    from pg_class
    where relkind = 'p' and relnamespace = current_schema()::regnamespace and relname ~ '^log_rows_c[0-9]+$'
  loop
    execute format(
      'create table %I (like log_blocks including all) partition by range (first_timestamp)',
      replace(name, 'log_rows', 'log_blocks'));
  end loop;
end
$$;

-- When its rows were packed, or it was found that they are too few.
alter table log_partitions add column packed_at timestamptz;
-- How many were left as rows then.
alter table log_partitions add column loose_rows bigint not null default 0;

-- Makes `logs` the relation of what lies under the two names now.
create function relate_logs() returns void
language plpgsql
as $$
begin
  create or replace view logs as
  select id, timestamp, camera_id, level, source, logger_name, message, extra_data
  from log_rows
  union all
  select r.id, r.timestamp, r.camera_id, r.level, r.source, r.logger_name, r.message, r.extra_data
  from log_blocks b
  cross join lateral (
    -- A full join is never done row by row, however few entries the planner takes the dictionary for.
    select
      b.first_id + u.n + coalesce(u.id, u.wide_id) as id,
      b.first_timestamp + (u.n * b.step + coalesce(u.time, u.wide_time)) * interval '1 microsecond' as timestamp,
      d.camera_id,
      d.level::varchar(20) as level,
      d.source::varchar(100) as source,
      d.logger_name::varchar(200) as logger_name,
      u.message,
      u.extra_data
    from (
      select generate_series(0, b.rows - 1) as n, unnest(b.codes) as code,
        unnest(b.ids) as id, unnest(b.wide_ids) as wide_id, unnest(b.times) as time, unnest(b.wide_times) as wide_time,
        string_to_table(b.messages, E'\x1e') as message, unnest(b.extra) as extra_data
      offset 0
    ) u
    full join unnest(b.levels, b.sources, b.cameras, b.loggers) with ordinality
      as d (level, source, camera_id, logger_name, code) on d.code = u.code
    where coalesce(u.n, -1) >= 0
    offset 0
  ) r;
end
$$;

select relate_logs();

-- The rows of a stretch of time, both ends included: opens the blocks of that time alone, where the view opens all.
create function logs_between(from_time timestamptz, to_time timestamptz) returns table (
  id bigint,
  "timestamp" timestamptz,
  camera_id integer,
  level varchar(20),
  source varchar(100),
  logger_name varchar(200),
  message text,
  extra_data jsonb
)
language sql stable
as $$
  select id, timestamp, camera_id, level, source, logger_name, message, extra_data
  from log_rows
  where timestamp >= from_time and timestamp <= to_time
  union all
  select r.id, r.timestamp, r.camera_id, r.level, r.source, r.logger_name, r.message, r.extra_data
  from log_blocks b
  cross join lateral (
    -- A full join is never done row by row, however few entries the planner takes the dictionary for.
    select
      b.first_id + u.n + coalesce(u.id, u.wide_id) as id,
      b.first_timestamp + (u.n * b.step + coalesce(u.time, u.wide_time)) * interval '1 microsecond' as timestamp,
      d.camera_id,
      d.level::varchar(20) as level,
      d.source::varchar(100) as source,
      d.logger_name::varchar(200) as logger_name,
      u.message,
      u.extra_data
    from (
      select generate_series(0, b.rows - 1) as n, unnest(b.codes) as code,
        unnest(b.ids) as id, unnest(b.wide_ids) as wide_id, unnest(b.times) as time, unnest(b.wide_times) as wide_time,
        string_to_table(b.messages, E'\x1e') as message, unnest(b.extra) as extra_data
      offset 0
    ) u
    full join unnest(b.levels, b.sources, b.cameras, b.loggers) with ordinality
      as d (level, source, camera_id, logger_name, code) on d.code = u.code
    where coalesce(u.n, -1) >= 0
    offset 0
  ) r
  -- A block ends with its day (UTC).
  where b.first_timestamp >= date_trunc('day', from_time, 'UTC') and b.first_timestamp <= to_time
    and b.last_timestamp >= from_time and r.timestamp >= from_time and r.timestamp <= to_time
$$;

-- Who could read the table can read the view.
do $$
declare
  held record;
begin
  for held in
    select pg_get_userbyid(a.grantee) as grantee, a.grantee = 0 as is_public
    from pg_class c
    cross join lateral aclexplode(c.relacl) a
    where c.oid = to_regclass('log_rows') and a.privilege_type = 'SELECT' and a.grantee <> c.relowner
  loop
    execute format('grant select on logs to %s', case when held.is_public then 'public' else quote_ident(held.grantee) end);
  end loop;
end
$$;
