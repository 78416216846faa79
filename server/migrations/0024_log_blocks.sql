-- Rows of partitions that are no longer written can be packed: thousands of them become one row of `log_blocks`, column by
-- column. Until that is turned on, all of this is empty, and `logs` is the table it was.

-- A block holds rows of one partition and one day (UTC), in the order (timestamp, id). Blocks of a partition do not
-- overlap in it. The n-th row, from 0, has the n-th value of each array.
create table log_blocks (
  format smallint not null default 1,
  rows integer not null,
  -- Bytes of messages and of `extra_data` as text.
  raw_bytes bigint not null,
  first_timestamp timestamptz not null,
  last_timestamp timestamptz not null,
  -- The ids of the first row and of the last one.
  first_row_id bigint not null,
  last_row_id bigint not null,
  -- The lowest id and the highest.
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
  signature_sum bigint,
  -- Checksums of messages, of extra, and of all the rest but the signature.
  messages_sum bigint not null,
  extra_sum bigint not null,
  frame_sum bigint not null,
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

-- When its rows were packed, or it was found that they are too few.
alter table log_partitions add column packed_at timestamptz;
-- How many were left as rows then, and the bytes that the partition took before.
alter table log_partitions add column loose_rows bigint not null default 0;
alter table log_partitions add column unpacked_bytes bigint;

-- One row from the moment that `logs` is a view on: packing begins a while later, when each server knows.
create table log_packing (
  -- The time at which the row is made, and not its transaction's: that may have waited for its locks.
  begun_at timestamptz not null default clock_timestamp(),
  -- Whether all are to be made rows again.
  is_unpacking boolean not null default false
);

-- A role as `grant` names it.
create function grantee_of(role oid) returns text
language sql stable
as $$
  select case when role = 0 then 'public' else quote_ident(pg_get_userbyid(role)) end
$$;

-- set_aside and put_back, which make tables in the schema that is searched first, in that of the table instead.
create function change_place(action text, live text, aside text) returns void
language plpgsql
as $$
declare
  path text := current_setting('search_path');
  home text := (select quote_ident(relnamespace::regnamespace::text) from pg_class where oid = to_regclass(live));
  held record;
begin
  perform set_config('search_path', home || ', ' || path, true);
  case action
    when 'set aside' then perform set_aside(live, aside);
    when 'put back' then perform put_back(live, aside);
  end case;
  perform set_config('search_path', path, true);
  if action = 'set aside' then
    -- The roles that could read the table can read the new one in its place.
    for held in
      select a.privilege_type, a.grantee
      from pg_class c
      cross join lateral aclexplode(c.relacl) a
      where c.oid = to_regclass(aside) and a.grantee <> c.relowner
    loop
      execute format(
        'grant %s on %I to %s', held.privilege_type, live, grantee_of(held.grantee));
    end loop;
  end if;
end
$$;

-- Ends a statement that opened a block whose checksum is another.
create function block_is_damaged(first_timestamp timestamptz, first_row_id bigint) returns boolean
language plpgsql
as $$
begin
  raise exception 'the block of packed lines from % (line %) is damaged', first_timestamp, first_row_id
    using errcode = 'data_corrupted';
end
$$;

-- Makes the view `logs` anew, over the tables that have the names of rows and blocks now. Nothing where it is no view.
create function relate_logs() returns void
language plpgsql
as $$
declare
  home text := (select quote_ident(relnamespace::regnamespace::text) from pg_class where oid = 'migrations'::regclass);
  rows_of_block constant text := $rows$(
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
  )$rows$;
begin
  if not exists (select from log_packing) then
    return;
  end if;
  execute format($view$
  create or replace view %1$s.logs as
  select id, timestamp, camera_id, level, source, logger_name, message, extra_data
  from timelapser_rows.logs
  union all
  select r.id, r.timestamp, r.camera_id, r.level, r.source, r.logger_name, r.message, r.extra_data
  from %1$s.log_blocks b
  cross join lateral %2$s r
  $view$, home, rows_of_block);
  -- The rows of a stretch of time, both ends included: opens the blocks of that time alone, where the view opens all.
  execute format($function$
  create or replace function %1$s.logs_between(from_time timestamptz, to_time timestamptz) returns table (
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
  as $body$
    select id, timestamp, camera_id, level, source, logger_name, message, extra_data
    from timelapser_rows.logs
    where timestamp >= from_time and timestamp <= to_time
    union all
    select r.id, r.timestamp, r.camera_id, r.level, r.source, r.logger_name, r.message, r.extra_data
    from %1$s.log_blocks b
    cross join lateral %2$s r
    -- A block ends with its day (UTC).
    where b.first_timestamp >= date_trunc('day', from_time, 'UTC') and b.first_timestamp <= to_time
      and b.last_timestamp >= from_time and r.timestamp >= from_time and r.timestamp <= to_time
  $body$
  $function$, home, rows_of_block);
end
$$;

-- Makes `logs` a view of rows and blocks. The table of rows moves to a schema that servers search first.
create function begin_packing() returns void
language plpgsql
as $$
declare
  dependents text;
  held record;
begin
  if exists (select from log_packing) then
    return;
  end if;
  select string_agg(distinct coalesce(r.ev_class::regclass::text, d.objid::regprocedure::text), ', ')
  into dependents
  from pg_depend d
  left join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
  where d.refclassid = 'pg_class'::regclass and d.refobjid = 'logs'::regclass
    and (r.oid is not null or d.classid = 'pg_proc'::regclass);
  if dependents is not null then
    raise exception 'views or functions of your own read logs: %', dependents
      using errcode = 'dependent_objects_still_exist',
        hint = 'They would not see packed lines: drop them, turn packing on, and create them again.';
  end if;
  if (select relrowsecurity from pg_class where oid = 'logs'::regclass) then
    raise exception 'logs has row security of your own'
      using errcode = 'dependent_objects_still_exist',
        hint = 'The view of packed lines would show every line to everyone who may read it. Give roles views of what they may see instead.';
  end if;
  create schema if not exists timelapser_rows;
  if not (select pg_has_role(current_user, nspowner, 'member') from pg_namespace where nspname = 'timelapser_rows') then
    raise exception 'the schema timelapser_rows belongs to another role'
      using errcode = 'dependent_objects_still_exist', hint = 'Drop it, or give it to the user of DATABASE_URL.';
  end if;
  insert into log_packing default values;
  alter table logs set schema timelapser_rows;
  perform relate_logs();
  -- The roles that could read the table can read the view.
  for held in
    select a.grantee
    from pg_class c
    cross join lateral aclexplode(c.relacl) a
    where c.oid = 'timelapser_rows.logs'::regclass and a.privilege_type = 'SELECT' and a.grantee <> c.relowner
  loop
    execute format(
      'grant select on %s.logs to %s',
      (select quote_ident(relnamespace::regnamespace::text) from pg_class where oid = 'migrations'::regclass),
      grantee_of(held.grantee));
  end loop;
  perform pg_notify('log_packing', '');
end
$$;

-- The reverse, for a database without blocks.
create function end_packing() returns void
language plpgsql
as $$
declare
  home text := (select quote_ident(relnamespace::regnamespace::text) from pg_class where oid = 'migrations'::regclass);
  moved record;
  held record;
begin
  if not exists (select from log_packing) then
    return;
  end if;
  if exists (select from log_blocks) then
    raise exception 'there are packed lines';
  end if;
  -- The roles that may read the view by now can read the table, and no others.
  for held in
    select c.relkind = 'v' as may, a.grantee
    from pg_class c
    cross join lateral aclexplode(c.relacl) a
    where c.oid in ('timelapser_rows.logs'::regclass, to_regclass(home || '.logs'))
      and a.privilege_type = 'SELECT' and a.grantee <> c.relowner
    -- Those of the table first: they are taken, and given again to those of the view.
    order by 1
  loop
    execute format(
      case when held.may then 'grant select on timelapser_rows.logs to %s'
        else 'revoke select on timelapser_rows.logs from %s' end,
      grantee_of(held.grantee));
  end loop;
  execute format('drop view %s.logs', home);
  execute format('drop function %s.logs_between', home);
  -- Partitions that were made meanwhile, and what was cleared and can be had back.
  for moved in
    select c.oid::regclass as name
    from pg_class c
    where c.relnamespace = 'timelapser_rows'::regnamespace and c.relkind in ('r', 'p')
  loop
    execute format('alter table %s set schema %s', moved.name, home);
  end loop;
  begin
    drop schema timelapser_rows;
  exception when dependent_objects_still_exist then
    -- Something of others lies in it.
    null;
  end;
  delete from log_packing;
  perform pg_notify('log_packing', '');
end
$$;
