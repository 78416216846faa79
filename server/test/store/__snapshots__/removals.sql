-- add_scrub_run
      insert into scrub_runs (pattern, started_by, total_rows)
      select $1, $2, $3::bigint + coalesce(sum(rows), 0)::bigint
      from log_clears
      where undone_at is null and dropped_at is null and cleared_at > now() - $4::integer * interval '1 minute'
      on conflict do nothing
      returning id, started_by, started_at, ended_at, outcome, total_rows, scanned_rows, matched_rows;

-- alter table logs
alter table logs detach partition logs_of_a_range;

-- 1:
alter table logs attach partition logs_of_a_range for values from ('…') to ('…')

-- alter table logs_of_a_range
alter table logs_of_a_range drop constraint logs_of_a_range;

-- alter table logs_rewrite
alter table logs_rewrite add primary key using index logs_rewrite_id_timestamp_idx;

-- analyze logs_rewrite
analyze logs_rewrite;

-- begin
begin;

-- begin isolation level
begin isolation level repeatable read;

-- begin read only;
begin read only; set local statement_timeout = …;

-- blocks_holding
/* blocks_holding */
    select first_timestamp, first_row_id
    from log_blocks b
    where first_timestamp >= $1::timestamptz
      and exists (
        select
        from unnest($2::timestamptz[], $3::bigint[]) as r (timestamp, id)
        where r.timestamp between b.first_timestamp and b.last_timestamp
          and r.id between b.first_id and b.last_id
      );

-- blocks_within
/* blocks_within */
    select first_timestamp, first_row_id
    from log_blocks
    where first_timestamp >= $1::timestamptz and first_timestamp < $2::timestamptz
      and last_timestamp >= $3::timestamptz
    order by first_timestamp desc, first_row_id desc;

-- catch_up
    /* catch_up */
    with entries as materialized (
      select id, first_id, last_id, first_timestamp, last_timestamp
      from log_feed
      where id > $1
      order by id
      limit 50
    ), copied as (
      insert into logs_c1 (id, timestamp, camera_id, level, source, logger_name, message, extra_data)
      select r.*
      from entries e
      cross join lateral (
        select *
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where id between e.first_id and e.last_id and timestamp between e.first_timestamp and e.last_timestamp
          and timestamp >= $2::timestamptz and timestamp < $3::timestamptz) every
        offset 0
      ) r
      where e.first_timestamp < $3::timestamptz and e.last_timestamp >= $2::timestamptz
      on conflict do nothing
      returning 1
    )
    select
      (select max(id) from entries) as mark,
      (select count(*) from entries) as entries,
      (select count(*) from copied) as rows;

-- 9:
      insert into logs_rewrite (id, timestamp, camera_id, level, source, logger_name, message, extra_data)
-- 14:
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs_of_a_range where id between e.first_id and e.last_id and timestamp between e.first_timestamp and e.last_timestamp

-- change_rows
    /* change_rows */
    with chosen as materialized (
      select id, timestamp, camera_id
      from logs
      where timestamp >= $1::timestamptz and camera_id = $3::integer and (source = 'camera_' || camera_id or source !~ '^camera_[0-9]+$') and timestamp < $2::timestamptz
      order by timestamp desc, id desc
      limit 5000
    ), changed as (
      update logs l set camera_id = null from chosen c
      where l.id = c.id and l.timestamp = c.timestamp and l.timestamp >= $1::timestamptz and l.timestamp < $2::timestamptz
      returning l.timestamp, l.level, l.source, c.camera_id as old_camera_id
    ), counted as (
      insert into log_counts_pending (bucket, level, source, camera_id, rows)
      select date_trunc('minute', timestamp), level, source, n.camera_id, sum(n.sign)
      from changed
      cross join lateral (values (changed.old_camera_id, -1), (null, 1)) as n (camera_id, sign)
      group by 1, 2, 3, 4
    )
    select
      (select count(*) from chosen) as chosen,
      (select count(*) from changed) as changed,
      last.timestamp,
      last.id
    from (select) one
    left join lateral (
      select timestamp, id
      from chosen
      order by timestamp, id
      limit 1
    ) last on true;

-- 5:
      where timestamp >= $1::timestamptz and timestamp <= $3::timestamptz and level = $4::text and (message ilike $5 or logger_name ilike $5) and timestamp < $2::timestamptz
-- 9:
      delete from logs l using chosen c
-- 16:
      cross join lateral (values (changed.old_camera_id, -1)) as n (camera_id, sign)
-- 17+:
    ), removed as (
      update log_partitions
      set removed_rows = removed_rows + (select count(*) from changed)
      where lower <= $1::timestamptz and upper > $1::timestamptz and detached_at is null

-- claim_batch
        insert into senders (sender, last_batch)
        values ($1, $2)
        on conflict (sender) do update
        set last_batch = excluded.last_batch, updated_at = now()
        where senders.last_batch < excluded.last_batch;

-- clears_older_than
      select id
      from log_clears
      where undone_at is null and dropped_at is null
        and cleared_at <= now() - $1::integer * interval '1 minute';

-- commit
commit;

-- count_matches
  /* count_matches */
  select count(*) as total
  from (select from (select 1 as one from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and (message ilike $3 or logger_name ilike $3)) every limit $4) matches;

-- create index concurrently
create  index concurrently  on logs_rewrite USING btree ("timestamp", id);

-- 1:
create  index concurrently logs_rewrite_source on logs_rewrite USING btree (source, "timestamp", id)

-- 1:
create  index concurrently logs_rewrite_camera on logs_rewrite USING btree (camera_id, "timestamp", id) WHERE (camera_id IS NOT NULL)

-- 1:
create  index concurrently logs_rewrite_request on logs_rewrite USING btree (((extra_data ->> 'request_id'::text)), "timestamp", id) WHERE (octet_length((extra_data ->> 'request_id'::text)) <= 500)

-- 1:
create  index concurrently logs_rewrite_level on logs_rewrite USING btree (level, "timestamp", id) WHERE ((level)::text = ANY ((ARRAY['WARNING'::character varying, 'ERROR'::character varying, 'CRITICAL'::character varying])::text[]))

-- create index logs_of_a_range
create index logs_of_a_range on logs_of_a_range (source, timestamp, id);

-- 1:
create index logs_of_a_range on logs_of_a_range (camera_id, timestamp, id) where camera_id is not null

-- 1:
create index logs_of_a_range on logs_of_a_range (level, timestamp, id) where level in ('WARNING', 'ERROR', 'CRITICAL')

-- 1:
create index logs_of_a_range on logs_of_a_range ((extra_data ->> 'request_id'), timestamp, id) where octet_length(extra_data ->> 'request_id') <= 500

-- create table logs_copying_c1
create table logs_copying_c1 ();

-- create table logs_of_a_range
create table logs_of_a_range (
      like logs including all,
      constraint logs_of_a_range check (timestamp >= '…' and timestamp < '…')
    );

-- create table logs_rewrite
    create table logs_rewrite (
      like logs including defaults including constraints including storage including compression,
      constraint logs_rewrite_bounds check (timestamp >= '…' and timestamp < '…')
    );

-- create table logs_rewrite_removed
create table logs_rewrite_removed (like log_counts_pending);

-- create unique index
create unique index concurrently  on logs_rewrite USING btree (id, "timestamp");

-- days_with_camera
      select date_trunc('day', bucket) as day, date_trunc('day', bucket) + interval '1 day' as next_day
      from (
        select bucket, rows from log_counts_day where camera_id = $1 and (source = 'camera_' || camera_id or source !~ '^camera_[0-9]+$')
        union all
        select bucket, rows from log_counts_pending where camera_id = $1 and (source = 'camera_' || camera_id or source !~ '^camera_[0-9]+$')
      ) counts
      group by 1
      having sum(rows) > 0;

-- delete from log_partitions
delete from log_partitions where name = $1;

-- 1:
delete from log_partitions
        where name in (select name from log_partitions where clear_id = $1 limit 16)
        returning name

-- delete_camera
      with deleted as (
        update cameras
        set deleted_at = now(), rewritten_at = null
        where id = $1 and deleted_at is null
        returning id, name
      )
      select name, pg_notify('cameras', id::text)
      from deleted;

-- drop table if
drop table if exists logs_rewrite, logs_rewrite_removed;

-- 1:
drop table if exists logs_of_a_range, logs_of_a_range, logs_of_a_range, logs_of_a_range

-- 1:
drop table if exists logs_c2, log_blocks_c2, log_counts_pending_c2, log_counts_minute_c2, log_counts_hour_c2, log_counts_day_c2, log_counts_month_c2, logs_copying_c2

-- 1:
drop table if exists logs_c3, log_blocks_c3, log_counts_pending_c3, log_counts_minute_c3, log_counts_hour_c3, log_counts_day_c3, log_counts_month_c3, logs_copying_c3

-- drop table logs_copying_c1
drop table logs_copying_c1;

-- drop table logs_of_a_range
drop table logs_of_a_range;

-- drop_empty_day_counts
        delete from log_counts_day
        where rows = 0 and bucket >= date_trunc('day', $1::timestamptz) and bucket < $2;

-- drop_empty_hour_counts
        delete from log_counts_hour
        where rows = 0 and bucket >= date_trunc('hour', $1::timestamptz) and bucket < $2;

-- drop_empty_minute_counts
        delete from log_counts_minute
        where rows = 0 and bucket >= date_trunc('minute', $1::timestamptz) and bucket < $2;

-- drop_empty_month_counts
        delete from log_counts_month
        where rows = 0 and bucket >= date_trunc('month', $1::timestamptz) and bucket < $2;

-- end_scrub_run
      update scrub_runs
      set ended_at = now(), outcome = $1, pattern = null
      where ended_at is null
      returning id, started_by, started_at, ended_at, outcome, total_rows, scanned_rows, matched_rows;

-- feed_mark
select coalesce(max(id), 0) as mark from log_feed;

-- find_scrub_run
      select id, started_by, started_at, ended_at, outcome, total_rows, scanned_rows, matched_rows
      from scrub_runs
      order by id desc
      limit 1;

-- forget_parts
delete from senders where last_batch = $1 and updated_at < now() - $2::integer * interval '1 day';

-- forget_scrub_runs
delete from scrub_runs where ended_at is not null;

-- has_blocks
select to_regclass($1) is not null as there;

-- insert into log_clears
insert into log_clears (rows, feed_id, cleared_at)
    values (0, $1, now() - $2::integer * interval '1 minute')
    returning id;

-- 1-3:
insert into log_clears (rows, feed_id)
        select (select coalesce(sum(rows), 0) from log_counts_month)
          + (select coalesce(sum(rows), 0) from log_counts_pending), $1::bigint
        returning id, rows, cleared_at

-- insert into log_counts_pending_c1
          insert into log_counts_pending_c1 (bucket, level, source, camera_id, rows)
          select bucket, level, source, camera_id, rows
          from log_counts_minute
          union all
          select bucket, level, source, camera_id, rows
          from log_counts_pending;

-- insert into log_partitions
insert into log_partitions (name, lower, upper) values ($1, $2, $3);

-- insert into logs_rewrite
insert into logs_rewrite (id, timestamp, camera_id, level, source, logger_name, message, extra_data)
    select id, timestamp, camera_id, level, source, logger_name, message, extra_data
    from logs_of_a_range
    where ctid >= '(0,0)'::tid and ctid < '(1024,0)'::tid and (timestamp < $6::timestamptz and timestamp < case when source = $1::text then $2::timestamptz when level = $3::text then $4::timestamptz else $5::timestamptz end) is not true;

-- insert into logs_rewrite_removed
insert into logs_rewrite_removed (bucket, level, source, camera_id, rows)
    select date_trunc('minute', timestamp), level, source, camera_id, -count(*)
    from logs_of_a_range
    where ctid >= '(0,0)'::tid and ctid < '(1024,0)'::tid and timestamp < $6::timestamptz and timestamp < case when source = $1::text then $2::timestamptz when level = $3::text then $4::timestamptz else $5::timestamptz end
    group by 1, 2, 3, 4;

-- is_attached
      select 1
      from log_partitions
      where name = $1 and lower = $2 and upper = $3 and detached_at is null;

-- is_scrub_settled
      with settled as (select $1::timestamptz + $2::integer * interval '1 millisecond' as at)
      select now() >= at and not exists (
        select 1
        from pg_locks l
        join pg_stat_activity a on a.pid = l.pid
        where l.relation = to_regclass('logs') and l.mode = 'RowExclusiveLock' and l.granted
          and a.datname = current_database() and a.xact_start < at
      ) as is_settled
      from settled;

-- is_table_name_taken
select to_regclass($1) is not null as taken;

-- last_clear
      select id, rows, cleared_at
      from log_clears
      where undone_at is null and dropped_at is null and cleared_at > now() - $1::integer * interval '1 minute'
      order by id desc
      limit 1;

-- list_deleted_cameras
select id from cameras where deleted_at is not null order by id;

-- lock table only
lock table only logs in share mode;

-- 1:
lock table only logs in access share mode

-- 1:
lock table only logs, only log_blocks in access exclusive mode

-- 1:
lock table only logs_of_a_range in share update exclusive mode

-- lock_scrub_run
      select id, started_by, started_at, ended_at, outcome, total_rows, scanned_rows, matched_rows, pattern, place_timestamp, place_id
      from scrub_runs
      where ended_at is null
      for update;

-- move_scrub_run
      update scrub_runs
      set scanned_rows = scanned_rows + $1, matched_rows = matched_rows + $2, place_timestamp = $3, place_id = $4
      where id = $5;

-- partition_sizes
      select name, removed_rows, (
          coalesce(pg_total_relation_size(to_regclass(name)), 0)
          + coalesce(pg_total_relation_size(to_regclass(name || '_b')), 0)
        )::bigint as bytes
      from log_partitions
      where detached_at is null;

-- partitions
      select name, lower, upper
      from log_partitions
      where detached_at is null
      order by lower desc;

-- read_names
      select kind, name, seen_on::text
      from log_names;

-- read_rows_to_scrub
      /* read_rows_to_scrub */
      select *
      from (
        select *, count(*) over () as found,
          sum(octet_length(message) + coalesce(pg_column_size(extra_data), 0)) over (
            order by timestamp desc, id desc rows between unbounded preceding and 1 preceding
          ) as bytes_before
        from (
          select *
          from ((
      select id, timestamp, camera_id, level, source, logger_name, message, extra_data, 0 as place
      from logs
      where timestamp >= $1::timestamptz and timestamp <= $2::timestamptz
        and (timestamp, id) < ($2::timestamptz, $3::bigint)
      order by timestamp desc, id desc
      limit 2000
    ) union all (
      select *, 0 as place
      from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data
      from (select * from log_blocks b where b.first_timestamp >= $4::timestamptz and b.first_timestamp <= $5::timestamptz and b.last_timestamp >= $6::timestamptz order by first_timestamp desc, first_row_id desc) b
      cross join lateral (select * from (
        select u.n, b.first_id + u.n + coalesce(u.id, u.wide_id) as id, b.first_timestamp + (u.n * b.step + coalesce(u.time, u.wide_time)) * interval '1 microsecond' as timestamp, d.camera_id, d.level, d.source, d.logger_name, u.message, u.extra_data
        from (select generate_series(0, b.rows - 1) as n, unnest(b.codes) as code, unnest(b.ids) as id, unnest(b.wide_ids) as wide_id, unnest(b.times) as time, unnest(b.wide_times) as wide_time, string_to_table(o.messages, E'\x1e') as message, unnest(o.extra) as extra_data from (
          select o.messages, b.extra || '{}'::jsonb[] as extra
          from (select b.messages || '' as messages offset 0) o where (hash_record_extended(row(b.rows, b.raw_bytes, b.first_timestamp, b.last_timestamp, b.first_row_id, b.last_row_id, b.first_id, b.last_id, b.step, b.levels, b.sources, b.cameras, b.loggers, b.codes, b.ids, b.wide_ids, b.times, b.wide_times), 0) = b.frame_sum and hashtextextended(o.messages, 0) = b.messages_sum or block_is_damaged(b.first_timestamp, b.first_row_id))
          offset 0
        ) o
        where (hash_array_extended(coalesce(o.extra, '{}'::jsonb[]), 0) = b.extra_sum or block_is_damaged(b.first_timestamp, b.first_row_id)) offset 0) u
        full join unnest(b.levels, b.sources, b.cameras, b.loggers) with ordinality
          as d (level, source, camera_id, logger_name, code) on d.code = u.code
        where coalesce(u.n, -1) >= 0
        offset 0
      ) opened where timestamp >= $1::timestamptz and timestamp <= $2::timestamptz
        and (timestamp, id) < ($2::timestamptz, $3::bigint) order by n desc limit 2000) r
      
      limit 2000) packed
    )) r
          order by timestamp desc, id desc
      limit 2000
        ) newest
      ) measured
      where coalesce(bytes_before, 0) < 8388608
      order by timestamp desc, id desc;

-- read_settings
select name, value from settings;

-- recent_load
      select coalesce(sum(rows) filter (where bucket >= $2), 0)::bigint as recent,
        coalesce(sum(rows), 0)::bigint as total
      from (
        select bucket, rows from log_counts_minute where bucket >= $1 and bucket <= $3
        union all
        select bucket, rows from log_counts_pending where bucket >= $1 and bucket <= $3
      ) c;

-- register_cameras
        with created as (
          insert into cameras (id, name)
          select id, 'Camera ' || id
          from unnest($1::integer[]) as t (id)
          on conflict (id) do nothing
          returning id, name
        )
        select id, name, pg_notify('cameras', case when count(*) over () <= $2 then id::text else '' end)
        from created;

-- remember_reply
update senders set accepted = $2, first_id = $3, last_id = $4 where sender = $1;

-- remove_folded_counts
  with removed as (
    delete from log_counts_minute
    where bucket >= $1 and bucket < $2
    returning bucket, level, source, camera_id, rows
  ), 
  hours as (
    update log_counts_hour c
    set rows = c.rows - r.rows
    from (
      select date_trunc('hour', bucket) as bucket, level, source, camera_id, sum(rows) as rows
      from removed
      group by 1, 2, 3, 4
    ) r
    where c.bucket = r.bucket and c.level = r.level and c.source = r.source
      and c.camera_id is not distinct from r.camera_id
  ), 
  days as (
    update log_counts_day c
    set rows = c.rows - r.rows
    from (
      select date_trunc('day', bucket) as bucket, level, source, camera_id, sum(rows) as rows
      from removed
      group by 1, 2, 3, 4
    ) r
    where c.bucket = r.bucket and c.level = r.level and c.source = r.source
      and c.camera_id is not distinct from r.camera_id
  ), 
  months as (
    update log_counts_month c
    set rows = c.rows - r.rows
    from (
      select date_trunc('month', bucket) as bucket, level, source, camera_id, sum(rows) as rows
      from removed
      group by 1, 2, 3, 4
    ) r
    where c.bucket = r.bucket and c.level = r.level and c.source = r.source
      and c.camera_id is not distinct from r.camera_id
  )
  select coalesce(sum(rows), 0)::bigint as removed
  from removed;

-- remove_pending_counts
      with removed as (
        delete from log_counts_pending
        where bucket >= $1 and bucket < $2
        returning rows
      )
      select coalesce(sum(rows), 0)::bigint as removed
      from removed;

-- reserve_log_ids
select nextval('log_ids') as id from generate_series(1, $1);

-- reset lock_timeout
reset lock_timeout;

-- reset max_parallel_maintenance_workers
reset max_parallel_maintenance_workers;

-- reset statement_timeout
reset statement_timeout;

-- rollback
rollback;

-- savepoint attempt
savepoint attempt;

-- savepoint builds
savepoint builds;

-- scrub_now
select now() as now;

-- scrub_stretch
      select max(p.lower) as lower, max(p.upper) as upper,
        coalesce(array_agg(distinct p.clear_id) filter (where p.clear_id is not null), '{}') as clears
      from log_partitions p
      left join log_clears c on c.id = p.clear_id
      where (p.detached_at is null or $3::boolean and c.undone_at is null and c.dropped_at is null
          and c.cleared_at > now() - $4::integer * interval '1 minute')
        and ($1::timestamptz is null or (p.lower, 0) < ($1::timestamptz, $2::bigint));

-- search_in_order
  /* search_in_order */
  select l.id, l.level, l.message, l.timestamp,
    case when c.deleted_at is null then l.camera_id end as camera_id,
    case when c.deleted_at is null then c.name end as camera_name,
    l.source, l.logger_name, l.extra_data, l.is_match, l.looked_at, l.matched
  from (
    select *
    from (
      select compared.*, row_number() over so_far as looked_at,
        count(*) filter (where is_match) over so_far as matched
      from (
        select id, timestamp, camera_id, level, source, logger_name, message, extra_data, coalesce(is_match, (message ilike $2 or logger_name ilike $2), false) as is_match
        from (
          select *
          from (
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data, null::boolean as is_match from logs where timestamp >= $3::timestamptz and timestamp < $4::timestamptz order by timestamp desc, id desc limit $1)
    ) candidates
          order by timestamp desc, id desc
          limit $1
        ) chosen
      ) compared
      window so_far as (order by timestamp desc, id desc rows unbounded preceding)
    ) counted
    where (is_match and matched > $5) or looked_at = $1
    order by timestamp desc, id desc
    limit $6
  ) l
  left join cameras c on c.id = l.camera_id
  order by l.timestamp desc, l.id desc;

-- 16:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data, null::boolean as is_match from logs where timestamp >= $3::timestamptz and timestamp < $5::timestamptz and (timestamp, id) > ($3::timestamptz, $4::bigint) order by timestamp asc, id asc limit $1)
-- 18:
          order by timestamp asc, id asc
-- 22:
      window so_far as (order by timestamp asc, id asc rows unbounded preceding)
-- 24-26:
    where (is_match and matched > $6) or looked_at = $1
    order by timestamp asc, id asc
    limit $7
-- 29:
  order by l.timestamp asc, l.id asc

-- select 1 from
select 1 from logs_rewrite limit 1;

-- select c.relname as
select c.relname as index, i.indisprimary as primary,
      substring(pg_get_indexdef(i.indexrelid) from ' USING .*$') as definition
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    where i.indrelid = to_regclass($1) and i.indisvalid;

-- select case when
select
      case when place = 1 then '-infinity' else lower end as lower,
      coalesce(lead(lower) over (order by place), 'infinity') as upper
    from (select lower, row_number() over (order by lower) as place from log_partitions where clear_id = $1) p
    where (place - 1) % 64 = 0
    order by place;

-- select change_place('put back',
select change_place('put back', $1, $2) where to_regclass($2) is not null;

-- select change_place('set aside',
select change_place('set aside', $1, $2);

-- select coalesce(sum(rows), 0)::bigint
select
      coalesce(sum(rows), 0)::bigint as held,
      coalesce(sum(rows) filter (where false), 0)::bigint as due
    from (
      select bucket, level, source, rows from log_counts_minute where bucket >= $1::timestamptz and bucket < $2::timestamptz
      union all
      select bucket, level, source, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
    ) counts;

-- 3:
      coalesce(sum(rows) filter (where bucket < $8::timestamptz and bucket < case when source = $3::text then $4::timestamptz when level = $5::text then $6::timestamptz else $7::timestamptz end), 0)::bigint as due

-- select distinct day,
select distinct day, day + interval '1 day' as next_day
    from (
      select date_trunc('day', bucket) as day, level, source
      from (
        select bucket, level, source, rows from log_counts_day
        union all
        select bucket, level, source, rows from log_counts_pending
      ) counts
      where date_trunc('day', bucket) < $1::timestamptz
      group by 1, 2, 3
      having sum(rows) > 0
    ) due;

-- 9:
      where date_trunc('day', bucket) < $6::timestamptz and date_trunc('day', bucket) < case when source = $1::text then $2::timestamptz when level = $3::text then $4::timestamptz else $5::timestamptz end

-- select feed_id from
select feed_id from log_clears where id = $1;

-- select id from
select id from cameras;

-- select indexrelid::regclass as
select indexrelid::regclass as key from pg_index where indrelid = to_regclass('logs_rewrite') and indisunique;

-- select lower, upper,
select lower, upper, clear_id
    from log_partitions
    where clear_id = $1 or detached_at is null
    order by lower;

-- select pg_advisory_lock($1)
select pg_advisory_lock($1);

-- select pg_advisory_unlock($1)
select pg_advisory_unlock($1);

-- select pg_advisory_xact_lock($1)
select pg_advisory_xact_lock($1);

-- select pg_cancel_backend(a.pid) from
select pg_cancel_backend(a.pid)
        from pg_locks l
        join pg_stat_activity a on a.pid = l.pid
        where l.relation = to_regclass($1) and l.mode = 'ShareUpdateExclusiveLock' and a.datname = current_database()
          and a.usename = current_user and a.backend_type = 'client backend' and a.pid <> pg_backend_pid();

-- select pg_notify('log_events', '')
select pg_notify('log_events', '');

-- select pg_notify('log_partitions', '')
select pg_notify('log_partitions', '');

-- select pg_relation_size($1::regclass) /
select pg_relation_size($1::regclass) / current_setting('block_size')::integer as pages;

-- select pg_try_advisory_xact_lock($1) as
select pg_try_advisory_xact_lock($1) as free;

-- select relate_logs()
select relate_logs();

-- select substring(c.relname from
select substring(c.relname from length($1::text) + 2) as ending
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    where i.indrelid = to_regclass($1) and i.indisvalid and starts_with(c.relname, $1 || '_')
      and not exists (select from pg_inherits where inhrelid = i.indexrelid)
      and not i.indisprimary
    order by 1;

-- select to_regclass($1) is
select to_regclass($1) is not null as begun;

-- set local lock_timeout
set local lock_timeout = …;

-- 1:
set local lock_timeout = '5s'

-- set local statement_timeout
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;

-- set lock_timeout =
set lock_timeout = …;

-- set max_parallel_maintenance_workers =
set max_parallel_maintenance_workers = 0;

-- set statement_timeout =
set statement_timeout = 0;

-- take_names
      with given as (
        select t.kind, t.name, n.name is not null as is_known,
          row_number() over (partition by t.kind, n.name is null order by place) as nth
        from unnest($1::text[], $2::text[]) with ordinality as t (kind, name, place)
        left join log_names n on n.kind = t.kind and n.name = t.name
      ), held as (
        select kind, count(*) as in_all, count(*) filter (where brought_by = $3) as by_caller
        from log_names
        where brought_by is not null
        group by kind
      )
      insert into log_names (kind, name, brought_by, seen_on)
      select g.kind, g.name, $3, $7::date
      from given g
      join unnest($4::text[], $5::bigint[], $6::bigint[]) as l (kind, in_all, by_caller) on l.kind = g.kind
      left join held h on h.kind = g.kind
      where g.is_known
        or nth <= least(l.in_all - coalesce(h.in_all, 0), l.by_caller - coalesce(h.by_caller, 0))
      order by g.kind, g.name
      on conflict (kind, name) do update set seen_on = excluded.seen_on
      returning kind, name;

-- unwritten_cameras
      select id
      from cameras
      where deleted_at is not null and coalesce(rewritten_at > now() - interval '5 minutes', true)
      order by id;

-- update cameras set
update cameras
      set rewritten_at = coalesce(rewritten_at, now())
      where id = $1 and deleted_at is not null and not exists (
        select 1
        from log_clears
        where undone_at is null and dropped_at is null and cleared_at > now() - $2::integer * interval '1 minute'
      );

-- update log_clears set
update log_clears set undone_at = now() where id = $1;

-- 1:
update log_clears set dropped_at = now() where id = $1

-- update log_partitions set
update log_partitions set detached_at = now(), clear_id = $1 where detached_at is null;

-- 1:
update log_partitions
    set detached_at = case when clear_id is null then now() end,
      clear_id = case when clear_id is null then $2::bigint end
    where detached_at is null or clear_id = $1

-- verify_counts
      /* verify_counts */
      select level, coalesce(c.rows, 0)::bigint as counted, coalesce(f.rows, 0)::bigint as found
      from (
        select level, sum(rows) as rows
        from (
          select level, rows from log_counts_minute
          where bucket >= $1::timestamptz and bucket < $2::timestamptz
          union all
          select level, rows from log_counts_pending
          where bucket >= $1::timestamptz and bucket < $2::timestamptz
        ) counts
        group by level
      ) c
      full join (
        select level, count(*) as rows
        from (select level from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz) every
        group by level
      ) f using (level)
      order by level;

-- with lowered as
    with lowered as (
      insert into log_counts_pending (bucket, level, source, camera_id, rows)
      select bucket, level, source, camera_id, rows
      from logs_rewrite_removed
      returning rows
    )
    select -coalesce(sum(rows), 0)::bigint as removed
    from lowered;

-- write_batches
copy logs (id, timestamp, camera_id, level, source, logger_name, message, extra_data) from stdin;
select append_to_feed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);
commit;

-- 0+:
begin;

-- write_scrubbed_rows
      /* write_scrubbed_rows */
      update logs l
      set message = c.message, logger_name = c.logger_name, extra_data = c.extra_data
      from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[])
        as c (id, timestamp, message, logger_name, extra_data)
      where l.id = c.id and l.timestamp = c.timestamp
        and l.timestamp >= $6::timestamptz and l.timestamp <= $7::timestamptz;
