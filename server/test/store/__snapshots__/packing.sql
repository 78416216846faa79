-- alter table log_blocks
alter table log_blocks detach partition logs_of_a_range;

-- 1:
alter table log_blocks attach partition logs_of_a_range for values from ('…') to ('…')

-- alter table logs
alter table logs attach partition logs_of_a_range for values from ('…') to ('…');

-- alter table logs_of_a_range
alter table logs_of_a_range drop constraint logs_of_a_range;

-- ask_to_unpack
      with asked as (
        update log_packing set is_unpacking = true returning is_unpacking
      )
      select pg_notify('log_packing', '') from asked;

-- begin
begin;

-- begin read only;
begin read only; set local statement_timeout = …;

-- block_from
/* block_from */
    select first_timestamp, first_row_id, last_timestamp, last_row_id, rows
    from logs_of_a_range
    where (last_timestamp, last_row_id) >= ($1::timestamptz, $2::bigint)
    order by first_timestamp, first_row_id
    limit 1;

-- block_to_unpack
/* block_to_unpack */
      select first_timestamp, first_row_id
      from logs_of_a_range
      order by first_timestamp desc, first_row_id desc
      limit 1;

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

-- blocks_to_verify
      /* blocks_to_verify */
      select first_timestamp, first_row_id, count(*) over () as blocks
      from log_blocks
      order by random()
      limit $1;

-- blocks_within
/* blocks_within */
    select first_timestamp, first_row_id
    from log_blocks
    where first_timestamp >= $1::timestamptz and first_timestamp < $2::timestamptz
      and last_timestamp >= $3::timestamptz
    order by first_timestamp desc, first_row_id desc;

-- change_block
    /* change_block */
    with gone as (
      delete from log_blocks b
      where first_timestamp = $1::timestamptz and first_row_id = $2::bigint
        and exists (select from (
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
      ) r where timestamp >= $3::timestamptz and timestamp < $4::timestamptz and (message ilike $5 or logger_name ilike $5))
      returning *
    ), unpacked as materialized (
      select id, timestamp, camera_id, level, source, logger_name, message, extra_data, coalesce(timestamp >= $3::timestamptz and timestamp < $4::timestamptz and (message ilike $5 or logger_name ilike $5), false) as is_chosen
      from gone b
      cross join lateral (
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
      ) r
    ), changed as materialized (
      select timestamp, level, source, camera_id as old_camera_id
      from unpacked
      where is_chosen
    ), kept as materialized (
      select id, timestamp, camera_id, level, source, logger_name, message, extra_data from unpacked where not is_chosen
    ), numbered as materialized (
      select r.*,
        row_number() over (order by timestamp, id) - 1 as n,
        dense_rank() over (
          order by level collate "C", source collate "C", camera_id, logger_name collate "C"
        ) as code
      from kept r
    ), bounds as materialized (
      select count(*) as rows, min(timestamp) as first_timestamp, max(timestamp) as last_timestamp,
        min(id) as first_id, max(id) as last_id,
        round(date_part('epoch', max(timestamp) - min(timestamp)) * 1000000)::bigint / greatest(count(*) - 1, 1) as step
      from numbered
    ), placed as (
      select r.*, r.id - b.first_id - r.n as id_step,
        round(date_part('epoch', r.timestamp - b.first_timestamp) * 1000000)::bigint - r.n * b.step as time_step
      from numbered r
      cross join bounds b
    ), dictionary as (
      select array_agg(level::text order by code) as levels, array_agg(source::text order by code) as sources,
        array_agg(camera_id order by code) as cameras, array_agg(logger_name::text order by code) as loggers
      from (select distinct level, source, camera_id, logger_name, code from numbered) entries
    ), columns as (
      select (array_agg(id order by n))[1] as first_row_id, (array_agg(id order by n desc))[1] as last_row_id,
        sum(octet_length(message) + coalesce(octet_length(extra_data::text), 0)) as raw_bytes,
        array_agg(code::smallint order by n) as codes,
        case when bool_and(id_step between -2147483648 and 2147483647) then array_agg(case when id_step between -2147483648 and 2147483647 then id_step::integer end order by n) end as ids,
        case when not bool_and(id_step between -2147483648 and 2147483647) then array_agg(id_step order by n) end as wide_ids,
        case when bool_and(time_step between -2147483648 and 2147483647) then array_agg(case when time_step between -2147483648 and 2147483647 then time_step::integer end order by n) end as times,
        case when not bool_and(time_step between -2147483648 and 2147483647) then array_agg(time_step order by n) end as wide_times,
        string_agg(message, E'\x1e' order by n) as messages,
        case when count(extra_data) > 0 then array_agg(extra_data order by n) end as extra
      from placed
    ), packed as (
      insert into log_blocks (rows, raw_bytes, first_timestamp, last_timestamp, first_row_id, last_row_id,
      first_id, last_id, step,
      levels, sources, cameras, loggers, codes, ids, wide_ids, times, wide_times, messages, extra, signature, signature_bits, signature_sum, messages_sum, extra_sum, frame_sum)
      select rows, raw_bytes, first_timestamp, last_timestamp, first_row_id, last_row_id,
      first_id, last_id, step,
      levels, sources, cameras, loggers, codes, ids, wide_ids, times, wide_times, messages, extra, signature, signature_bits, signature_sum, hashtextextended(made.messages, 0) as messages_sum, hash_array_extended(coalesce(made.extra, '{}'::jsonb[]), 0) as extra_sum,
        hash_record_extended(row(made.rows, made.raw_bytes, made.first_timestamp, made.last_timestamp, made.first_row_id, made.last_row_id, made.first_id, made.last_id, made.step, made.levels, made.sources, made.cameras, made.loggers, made.codes, made.ids, made.wide_ids, made.times, made.wide_times), 0) as frame_sum
      from (
        select rows::integer as rows, raw_bytes::bigint as raw_bytes, first_timestamp, last_timestamp, first_row_id, last_row_id,
      first_id, last_id, step,
      levels, sources, cameras, loggers, codes, ids, wide_ids, times, wide_times, messages, extra, (select signature from gone) as signature, (select signature_bits from gone) as signature_bits, (select signature_sum from gone) as signature_sum
        from bounds, dictionary, columns
        where rows >= 64
        offset 0
      ) made
      returning *
    ), loose as (
      insert into logs (id, timestamp, camera_id, level, source, logger_name, message, extra_data)
      select id, timestamp, camera_id, level, source, logger_name, message, extra_data
      from kept
      where not exists (select from packed)
    ), counted as (
      insert into log_counts_pending (bucket, level, source, camera_id, rows)
      select date_trunc('minute', timestamp), level, source, n.camera_id, sum(n.sign)
      from changed
      cross join lateral (values (changed.old_camera_id, -1)) as n (camera_id, sign)
      group by 1, 2, 3, 4
    ), removed as (
      update log_partitions
      set removed_rows = removed_rows + (select count(*) from changed)
      where lower <= $1::timestamptz and upper > $1::timestamptz and detached_at is null
    )
    select (select count(*) from changed) as changed, p.first_timestamp, p.first_row_id
    from (select) one
    left join packed p on true;

-- change_rows
    /* change_rows */
    with chosen as materialized (
      select id, timestamp, camera_id
      from logs
      where timestamp >= $1::timestamptz and timestamp < $2::timestamptz
      order by timestamp desc, id desc
      limit 5000
    ), changed as (
      delete from logs l using chosen c
      where l.id = c.id and l.timestamp = c.timestamp and l.timestamp >= $1::timestamptz and l.timestamp < $2::timestamptz
      returning l.timestamp, l.level, l.source, c.camera_id as old_camera_id
    ), counted as (
      insert into log_counts_pending (bucket, level, source, camera_id, rows)
      select date_trunc('minute', timestamp), level, source, n.camera_id, sum(n.sign)
      from changed
      cross join lateral (values (changed.old_camera_id, -1)) as n (camera_id, sign)
      group by 1, 2, 3, 4
    ), removed as (
      update log_partitions
      set removed_rows = removed_rows + (select count(*) from changed)
      where lower <= $1::timestamptz and upper > $1::timestamptz and detached_at is null
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
      where timestamp >= $1::timestamptz and (message ilike $3 or logger_name ilike $3) and timestamp < $2::timestamptz

-- commit
commit;

-- count_late_rows
/* count_late_rows */
    select count(*) as late
    from logs_of_a_range
    where timestamp >= $1::timestamptz and (timestamp, id) > ($1::timestamptz, $2::bigint)
      and timestamp <= $3::timestamptz and (timestamp, id) < ($3::timestamptz, $4::bigint) and octet_length(message) <= 65536
        and coalesce(pg_column_size(extra_data), 0) <= 65536 and position(E'\x1e' in message) = 0;

-- count_packable
/* count_packable */
    select count(*) as rows
    from (select from logs_of_a_range where timestamp >= $1::timestamptz and (timestamp, id) > ($1::timestamptz, $2::bigint)
      and timestamp <= $3::timestamptz and (timestamp, id) < ($3::timestamptz, $4::bigint) and octet_length(message) <= 65536
        and coalesce(pg_column_size(extra_data), 0) <= 65536 and position(E'\x1e' in message) = 0 limit 64) few;

-- create index logs_of_a_range
create index logs_of_a_range on logs_of_a_range (source, timestamp, id);

-- 1:
create index logs_of_a_range on logs_of_a_range (camera_id, timestamp, id) where camera_id is not null

-- 1:
create index logs_of_a_range on logs_of_a_range (level, timestamp, id) where level in ('WARNING', 'ERROR', 'CRITICAL')

-- 1:
create index logs_of_a_range on logs_of_a_range ((extra_data ->> 'request_id'), timestamp, id) where octet_length(extra_data ->> 'request_id') <= 500

-- create table logs_of_a_range
create table logs_of_a_range (
      like logs including all,
      constraint logs_of_a_range check (timestamp >= '…' and timestamp < '…')
    );

-- 2-3:
      like log_blocks including all,
      constraint logs_of_a_range check (first_timestamp >= '…' and first_timestamp < '…')

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

-- find_steps
  /* find_steps */
  select bucket
  from log_counts_day
  where bucket >= $1::timestamptz and bucket < $2::timestamptz and source <> all ($3::text[]) and (camera_id = $4::integer or source = $5::text) and rows > 0
  union
  select date_bin('86400 seconds', bucket, 'epoch') as bucket
  from log_counts_pending
  where bucket >= $1::timestamptz and bucket < $2::timestamptz and source <> all ($3::text[]) and (camera_id = $4::integer or source = $5::text)
  order by bucket;

-- first_packable
/* first_packable */
    select timestamp, id
    from logs_of_a_range
    where timestamp >= $1::timestamptz and (timestamp, id) > ($1::timestamptz, $2::bigint) and octet_length(message) <= 65536
        and coalesce(pg_column_size(extra_data), 0) <= 65536 and position(E'\x1e' in message) = 0
    order by timestamp, id
    limit 1;

-- has_blocks
select to_regclass($1) is not null as there;

-- insert into log_partitions
insert into log_partitions (name, lower, upper) values ($1, $2, $3);

-- is_attached
      select 1
      from log_partitions
      where name = $1 and lower = $2 and upper = $3 and detached_at is null;

-- is_packing_wanted
      with resumed as (
        update log_packing set is_unpacking = false where is_unpacking and coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0) > 0
      )
      select coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0) > 0 as is_wanted, exists (select from log_packing) as is_on;

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

-- is_unpacked
      select exists (select from log_packing where is_unpacking)
        and not exists (select from log_partitions where to_regclass(name || '_b') is not null) as is_done;

-- list_deleted_cameras
select id from cameras where deleted_at is not null order by id;

-- lock table only
lock table only logs in access share mode;

-- 1:
lock table only logs, only log_blocks in access exclusive mode

-- next_to_pack
      select name, lower, upper
      from log_partitions
      where detached_at is null and name <> all ($1::text[])
        and exists (
          select
          from log_packing
          where coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0) > 0 and not is_unpacking
            and begun_at < now() - interval '60 seconds'
        )
        and (
          (
          coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0) > 0 and closed_at <= now() and detached_at is null and packed_at is null
          and upper < now() - make_interval(days => coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0))
        )
          or packed_at < now() - interval '10 minutes' and to_regclass(name || '_b') is not null
            and pg_stat_get_live_tuples(to_regclass(name)) > loose_rows + 20000
        )
      order by upper desc
      limit 1;

-- next_to_unpack
      select name, lower, upper
      from log_partitions
      where detached_at is null and to_regclass(name || '_b') is not null and name <> all ($1::text[])
        and exists (select from log_packing where is_unpacking)
      order by upper desc
      limit 1;

-- pack_rows
/* pack_rows */
    with candidates as materialized (
      select *,
        sum(octet_length(message) + coalesce(octet_length(extra_data::text), 0)) over (
          order by timestamp, id rows between unbounded preceding and 1 preceding
        ) as bytes_before
      from (
        select ctid as place, id, timestamp, camera_id, level, source, logger_name, message, extra_data
        from logs_of_a_range
        where timestamp >= $1::timestamptz and (timestamp, id) > ($1::timestamptz, $2::bigint)
      and timestamp <= $3::timestamptz and (timestamp, id) < ($3::timestamptz, $4::bigint) and octet_length(message) <= 65536
        and coalesce(pg_column_size(extra_data), 0) <= 65536 and position(E'\x1e' in message) = 0
        order by timestamp, id
        limit 8192
      ) next
    ), chosen as materialized (
      select * from candidates where coalesce(bytes_before, 0) < 4194304
    ), numbered as materialized (
      select r.*,
        row_number() over (order by timestamp, id) - 1 as n,
        dense_rank() over (
          order by level collate "C", source collate "C", camera_id, logger_name collate "C"
        ) as code
      from chosen r
    ), bounds as materialized (
      select count(*) as rows, min(timestamp) as first_timestamp, max(timestamp) as last_timestamp,
        min(id) as first_id, max(id) as last_id,
        round(date_part('epoch', max(timestamp) - min(timestamp)) * 1000000)::bigint / greatest(count(*) - 1, 1) as step
      from numbered
    ), placed as (
      select r.*, r.id - b.first_id - r.n as id_step,
        round(date_part('epoch', r.timestamp - b.first_timestamp) * 1000000)::bigint - r.n * b.step as time_step
      from numbered r
      cross join bounds b
    ), dictionary as (
      select array_agg(level::text order by code) as levels, array_agg(source::text order by code) as sources,
        array_agg(camera_id order by code) as cameras, array_agg(logger_name::text order by code) as loggers
      from (select distinct level, source, camera_id, logger_name, code from numbered) entries
    ), columns as (
      select (array_agg(id order by n))[1] as first_row_id, (array_agg(id order by n desc))[1] as last_row_id,
        sum(octet_length(message) + coalesce(octet_length(extra_data::text), 0)) as raw_bytes,
        array_agg(code::smallint order by n) as codes,
        case when bool_and(id_step between -2147483648 and 2147483647) then array_agg(case when id_step between -2147483648 and 2147483647 then id_step::integer end order by n) end as ids,
        case when not bool_and(id_step between -2147483648 and 2147483647) then array_agg(id_step order by n) end as wide_ids,
        case when bool_and(time_step between -2147483648 and 2147483647) then array_agg(case when time_step between -2147483648 and 2147483647 then time_step::integer end order by n) end as times,
        case when not bool_and(time_step between -2147483648 and 2147483647) then array_agg(time_step order by n) end as wide_times,
        string_agg(message, E'\x1e' order by n) as messages,
        case when count(extra_data) > 0 then array_agg(extra_data order by n) end as extra
      from placed
    ), packed as (
      insert into logs_of_a_range (rows, raw_bytes, first_timestamp, last_timestamp, first_row_id, last_row_id,
      first_id, last_id, step,
      levels, sources, cameras, loggers, codes, ids, wide_ids, times, wide_times, messages, extra, signature, signature_bits, signature_sum, messages_sum, extra_sum, frame_sum)
      select rows, raw_bytes, first_timestamp, last_timestamp, first_row_id, last_row_id,
      first_id, last_id, step,
      levels, sources, cameras, loggers, codes, ids, wide_ids, times, wide_times, messages, extra, signature, signature_bits, signature_sum, hashtextextended(made.messages, 0) as messages_sum, hash_array_extended(coalesce(made.extra, '{}'::jsonb[]), 0) as extra_sum,
        hash_record_extended(row(made.rows, made.raw_bytes, made.first_timestamp, made.last_timestamp, made.first_row_id, made.last_row_id, made.first_id, made.last_id, made.step, made.levels, made.sources, made.cameras, made.loggers, made.codes, made.ids, made.wide_ids, made.times, made.wide_times), 0) as frame_sum
      from (
        select rows::integer as rows, raw_bytes::bigint as raw_bytes, first_timestamp, last_timestamp, first_row_id, last_row_id,
      first_id, last_id, step,
      levels, sources, cameras, loggers, codes, ids, wide_ids, times, wide_times, messages, extra, null::bytea as signature, null::integer as signature_bits, null::bigint as signature_sum
        from bounds, dictionary, columns
        where rows >= 64
        offset 0
      ) made
      returning *
    ), removed as (
      delete from logs_of_a_range
      where exists (select from packed) and ctid = any (array(select place from chosen))
      returning id
    )
    select (select count(*) from candidates) as candidates, (select count(*) from chosen) as chosen, coalesce(p.rows, 0) as packed,
      (select count(*) from removed) as removed,
      (select sum(hash_record_extended(
        row(id, timestamp, camera_id, level::text, source::text, logger_name::text, message, extra_data), 0)) from chosen) = (select sum(hash_record_extended(
        row(id, timestamp, camera_id, level::text, source::text, logger_name::text, message, extra_data), 0)) from packed b cross join lateral (
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
      ) r) as is_same,
      last.timestamp, last.id,
      p.first_timestamp, p.first_row_id, p.messages, array_to_string(p.loggers, E'\x1e') as loggers,
      (select string_agg(extra_data::text, E'\x1e') from chosen) as extra
    from (select) one
    left join packed p on true
    left join lateral (
      select timestamp, id
      from chosen
      order by timestamp desc, id desc
      limit 1
    ) last on true;

-- packing_begins
/* packing_begins */
    update log_partitions
    set unpacked_bytes = pg_total_relation_size(to_regclass(name))
    where name = $1 and to_regclass(name || '_b') is null;

-- packing_is_done
/* packing_is_done */
    update log_partitions
    set packed_at = now(), loose_rows = $2, indexed_at = case when $3 then now() else indexed_at end
    where name = $1 and detached_at is null;

-- packing_is_due
/* packing_is_due */
    update log_partitions p
    set packed_at = null, indexed_at = null
    where exists (
      select from unnest($1::timestamptz[]) as k (at) where k.at >= p.lower and k.at < p.upper
    );

-- packing_progress
      with packed as (
        select unpacked_bytes,
          coalesce(pg_total_relation_size(to_regclass(name)), 0)
            + coalesce(pg_total_relation_size(to_regclass(name || '_b')), 0) as packed_bytes
        from log_partitions
        where detached_at is null and packed_at is not null and to_regclass(name || '_b') is not null
      )
      select (select begun_at from log_packing) as begun_at,
        coalesce((select is_unpacking from log_packing), false) as is_unpacking,
        (select count(*) from packed)::integer as packed_partitions,
        (select count(*) from log_partitions where (
          coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0) > 0 and closed_at <= now() and detached_at is null and packed_at is null
          and upper < now() - make_interval(days => coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0))
        ))::integer as due_partitions,
        (select coalesce(sum(rows), 0) from log_blocks)::bigint as packed_rows,
        (select coalesce(sum(packed_bytes), 0) from packed)::bigint as packed_bytes,
        (select coalesce(sum(unpacked_bytes), 0) from packed)::bigint as unpacked_bytes;

-- partitions
      select name, lower, upper
      from log_partitions
      where detached_at is null
      order by lower desc;

-- read_extras
/* read_extras */
    select rows, (
        select string_agg(coalesce(extra_data::text, ''), E'\x1e' order by n)
        from unnest(b.extra) with ordinality as e (extra_data, n)
      ) as extras, array_to_string(b.codes, ',') as codes
    from log_blocks b
    where first_timestamp = $1::timestamptz and first_row_id = $2::bigint;

-- 6:
    from logs_of_a_range b

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

-- reserve_log_ids
select nextval('log_ids') as id from generate_series(1, $1);

-- reset lock_timeout
reset lock_timeout;

-- rollback
rollback;

-- savepoint attempt
savepoint attempt;

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

-- search_as_set
  /* search_as_set */
  select l.id, l.level, l.message, l.timestamp,
    case when c.deleted_at is null then l.camera_id end as camera_id,
    case when c.deleted_at is null then c.name end as camera_name,
    l.source, l.logger_name, l.extra_data
  from (
    select *
    from (select * from (
      select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and source = any ($3::text[]) and extra_data ->> 'request_id' = $4 and octet_length(extra_data ->> 'request_id') <= 500
      union all
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data
      from log_blocks b
      cross join lateral (
        select array(
          select code::smallint
          from unnest(b.levels, b.sources, b.cameras, b.loggers) with ordinality
          as d (level, source, camera_id, logger_name, code)
          where source = any ($5::text[])
        ) as codes
        offset 0
      ) m
      cross join lateral (
        select u.n, b.first_id + u.n + coalesce(u.id, u.wide_id) as id, b.first_timestamp + (u.n * b.step + coalesce(u.time, u.wide_time)) * interval '1 microsecond' as timestamp, d.camera_id, d.level, d.source, d.logger_name, u.message, u.extra_data
        from (select * from (select generate_series(0, b.rows - 1) as n, unnest(b.codes) as code, unnest(b.ids) as id, unnest(b.wide_ids) as wide_id, unnest(b.times) as time, unnest(b.wide_times) as wide_time, string_to_table(o.messages, E'\x1e') as message, unnest(o.extra) as extra_data from (
          select o.messages, b.extra || '{}'::jsonb[] as extra
          from (select b.messages || '' as messages offset 0) o where (hash_record_extended(row(b.rows, b.raw_bytes, b.first_timestamp, b.last_timestamp, b.first_row_id, b.last_row_id, b.first_id, b.last_id, b.step, b.levels, b.sources, b.cameras, b.loggers, b.codes, b.ids, b.wide_ids, b.times, b.wide_times), 0) = b.frame_sum and hashtextextended(o.messages, 0) = b.messages_sum or block_is_damaged(b.first_timestamp, b.first_row_id))
          offset 0
        ) o
        where (hash_array_extended(coalesce(o.extra, '{}'::jsonb[]), 0) = b.extra_sum or block_is_damaged(b.first_timestamp, b.first_row_id)) offset 0) u where u.code = any (m.codes) offset 0) u
        full join unnest(b.levels, b.sources, b.cameras, b.loggers) with ordinality
          as d (level, source, camera_id, logger_name, code) on d.code = u.code
        where coalesce(u.n, -1) >= 0
        offset 0
      ) r
      where b.first_timestamp >= $6::timestamptz and b.first_timestamp <= $7::timestamptz and b.last_timestamp >= $8::timestamptz and cardinality(m.codes) > 0 and timestamp >= $1::timestamptz and timestamp < $2::timestamptz and source = any ($3::text[]) and extra_data ->> 'request_id' = $4 and octet_length(extra_data ->> 'request_id') <= 500
      )
    ) every offset 0) found
    order by timestamp desc, id desc
    offset $9
    limit $10
  ) l
  left join cameras c on c.id = l.camera_id
  order by l.timestamp desc, l.id desc;

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
        select id, timestamp, camera_id, level, source, logger_name, message, extra_data, coalesce(is_match, logger_name = $2::text and (message ilike $3 or logger_name ilike $3), false) as is_match
        from (
          select *
          from (
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data, null::boolean as is_match from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz order by timestamp desc, id desc limit $1)
      union all
      (select id, timestamp, camera_id, level, source, logger_name, case when is_match then message end as message, case when is_match then extra_data end as extra_data, is_match
      from (select * from log_blocks b where b.first_timestamp >= $9::timestamptz and b.first_timestamp <= $10::timestamptz and b.last_timestamp >= $11::timestamptz order by first_timestamp desc, first_row_id desc) b
      cross join lateral (select *, coalesce(logger_name = $2::text and (message ilike $3 or logger_name ilike $3), false) as is_match from (
        select u.n, b.first_id + u.n + coalesce(u.id, u.wide_id) as id, b.first_timestamp + (u.n * b.step + coalesce(u.time, u.wide_time)) * interval '1 microsecond' as timestamp, d.camera_id, d.level, d.source, d.logger_name, u.message, u.extra_data
        from (select generate_series(0, b.rows - 1) as n, unnest(b.codes) as code, unnest(b.ids) as id, unnest(b.wide_ids) as wide_id, unnest(b.times) as time, unnest(b.wide_times) as wide_time, string_to_table(o.messages, E'\x1e') as message, unnest(o.extra) as extra_data from (
          select o.messages, b.extra || '{}'::jsonb[] as extra
          from (select b.messages || '' as messages offset 0) o where (hash_record_extended(row(b.rows, b.raw_bytes, b.first_timestamp, b.last_timestamp, b.first_row_id, b.last_row_id, b.first_id, b.last_id, b.step, b.levels, b.sources, b.cameras, b.loggers, b.codes, b.ids, b.wide_ids, b.times, b.wide_times), 0) = b.frame_sum and hashtextextended(o.messages, 0) = b.messages_sum or block_is_damaged(b.first_timestamp, b.first_row_id)) and (o.messages ~* $8 or exists (select from unnest(b.loggers) as name where name ~* $8))
          offset 0
        ) o
        where (hash_array_extended(coalesce(o.extra, '{}'::jsonb[]), 0) = b.extra_sum or block_is_damaged(b.first_timestamp, b.first_row_id)) offset 0) u
        full join unnest(b.levels, b.sources, b.cameras, b.loggers) with ordinality
          as d (level, source, camera_id, logger_name, code) on d.code = u.code
        where coalesce(u.n, -1) >= 0
        offset 0
      ) opened where timestamp >= $6::timestamptz and timestamp < $7::timestamptz order by n desc limit $1) r
      
      limit $1)
    ) candidates
          order by timestamp desc, id desc
          limit $1
        ) chosen
      ) compared
      window so_far as (order by timestamp desc, id desc rows unbounded preceding)
    ) counted
    where (is_match and matched > $12) or looked_at = $1
    order by timestamp desc, id desc
    limit $13
  ) l
  left join cameras c on c.id = l.camera_id
  order by l.timestamp desc, l.id desc;

-- select begin_packing()
select begin_packing();

-- select end_packing() where
select end_packing() where not exists (select from log_blocks);

-- select from log_packing
select from log_packing;

-- select from logs_of_a_range
select from logs_of_a_range limit 1;

-- select id from
select id from cameras;

-- select pg_advisory_lock($1)
select pg_advisory_lock($1);

-- select pg_advisory_unlock($1)
select pg_advisory_unlock($1);

-- select pg_advisory_xact_lock($1)
select pg_advisory_xact_lock($1);

-- select pg_notify('log_events', '')
select pg_notify('log_events', '');

-- select pg_notify('log_partitions', '')
select pg_notify('log_partitions', '');

-- set local lock_timeout
set local lock_timeout = …;

-- set local statement_timeout
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;

-- set lock_timeout =
set lock_timeout = …;

-- sign_block
/* sign_block */
    update logs_of_a_range
    set signature = $1, signature_bits = $2, signature_sum = hashtextextended(encode($1::bytea, 'hex'), 0)
    where first_timestamp = $3::timestamptz and first_row_id = $4::bigint;

-- unpack_block
/* unpack_block */
    with gone as (
      delete from log_blocks
      where first_timestamp = $1::timestamptz and first_row_id = $2::bigint
      returning *
    )
    insert into logs (id, timestamp, camera_id, level, source, logger_name, message, extra_data)
    select id, timestamp, camera_id, level, source, logger_name, message, extra_data
    from gone b
    cross join lateral (
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
      ) r;

-- unpacking_is_done
/* unpacking_is_done */
    update log_partitions
    set packed_at = null, loose_rows = 0, unpacked_bytes = null, indexed_at = null
    where name = $1 and detached_at is null;

-- update log_packing set
update log_packing set begun_at = now() - interval '1 hour';

-- update log_partitions set
update log_partitions set closed_at = now();

-- update_settings
        with changed as (
          insert into settings (name, value)
          select name, value
          from unnest($1::text[], $2::jsonb[]) as t (name, value)
          on conflict (name) do update
          set value = excluded.value, updated_at = now()
          returning name
        )
        select pg_notify('settings', string_agg(name, ','))
        from changed;

-- verify_block
/* verify_block */
      select hash_record_extended(row(b.rows, b.raw_bytes, b.first_timestamp, b.last_timestamp, b.first_row_id, b.last_row_id, b.first_id, b.last_id, b.step, b.levels, b.sources, b.cameras, b.loggers, b.codes, b.ids, b.wide_ids, b.times, b.wide_times), 0) = b.frame_sum and hashtextextended(b.messages, 0) = b.messages_sum
        and hash_array_extended(coalesce(b.extra, '{}'::jsonb[]), 0) = b.extra_sum
        and (b.signature is null or hashtextextended(encode(b.signature, 'hex'), 0) = b.signature_sum)
        and (b.numbers is null or hashtextextended(encode(b.numbers, 'hex'), 0) = b.numbers_sum
          and hash_record_extended(row(b.rows, b.first_timestamp, b.last_timestamp, b.first_row_id, b.step, b.levels, b.sources, b.cameras, b.loggers, b.number_fields, b.other_fields, b.number_ends), 0) = b.numbers_frame_sum) as is_whole
      from log_blocks b
      where first_timestamp = $1::timestamptz and first_row_id = $2::bigint;

-- write_batches
begin;
copy logs (id, timestamp, camera_id, level, source, logger_name, message, extra_data) from stdin;
select append_to_feed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);
commit;

-- write_numbers
/* write_numbers */
    update log_blocks b
    set number_fields = $3::text[], other_fields = $4::text[], number_ends = $5::integer[], numbers = $6::bytea,
      numbers_sum = hashtextextended(encode($6::bytea, 'hex'), 0),
      numbers_frame_sum = hash_record_extended(row(b.rows, b.first_timestamp, b.last_timestamp, b.first_row_id, b.step, b.levels, b.sources, b.cameras, b.loggers, $3::text[], $4::text[], $5::integer[]), 0)
    where first_timestamp = $1::timestamptz and first_row_id = $2::bigint;

-- 2:
    update logs_of_a_range b

-- write_scrubbed_rows
      /* write_scrubbed_rows */
      update logs l
      set message = c.message, logger_name = c.logger_name, extra_data = c.extra_data
      from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[])
        as c (id, timestamp, message, logger_name, extra_data)
      where l.id = c.id and l.timestamp = c.timestamp
        and l.timestamp >= $6::timestamptz and l.timestamp <= $7::timestamptz;
