-- alter table logs
alter table logs attach partition logs_of_a_range for values from ('…') to ('…');

-- alter table logs_of_a_range
alter table logs_of_a_range drop constraint logs_of_a_range;

-- begin
begin;

-- begin isolation level
begin isolation level repeatable read;

-- begin read only;
begin read only; set local statement_timeout = …;

-- claim_batch
        insert into senders (sender, last_batch)
        values ($1, $2)
        on conflict (sender) do update
        set last_batch = excluded.last_batch, updated_at = now()
        where senders.last_batch < excluded.last_batch;

-- commit
commit;

-- count_by_buckets
    /* count_by_buckets */
    select date_bin($1::bigint * interval '1 millisecond', bucket, $2::timestamptz) as bucket, level, sum(rows)::bigint as rows
    from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $3::timestamptz and bucket < $4::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $5::timestamptz and bucket < $6::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $7::timestamptz and bucket < $8::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_hour where bucket >= $9::timestamptz and bucket < $10::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $11::timestamptz and timestamp < $12::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $13::timestamptz and timestamp <= $14::timestamptz) every) c
    group by 1, 2
    having sum(rows) > 0;

-- 3:
    from (select bucket, level, source, camera_id, rows from log_counts_pending where source <> all ($3::text[]) and (camera_id = $4::integer or source = $5::text) and bucket >= $6::timestamptz and bucket < $7::timestamptz
-- 5:
      select bucket, level, source, camera_id, rows from log_counts_minute where source <> all ($3::text[]) and (camera_id = $4::integer or source = $5::text) and bucket >= $8::timestamptz and bucket < $9::timestamptz
-- 7:
      select bucket, level, source, camera_id, rows from log_counts_minute where source <> all ($3::text[]) and (camera_id = $4::integer or source = $5::text) and bucket >= $10::timestamptz and bucket < $11::timestamptz
-- 9:
      select bucket, level, source, camera_id, rows from log_counts_hour where source <> all ($3::text[]) and (camera_id = $4::integer or source = $5::text) and bucket >= $12::timestamptz and bucket < $13::timestamptz
-- 11:
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where source <> all ($3::text[]) and (camera_id = $4::integer or source = $5::text) and timestamp >= $14::timestamptz and timestamp < $15::timestamptz) every
-- 13:
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where source <> all ($3::text[]) and (camera_id = $4::integer or source = $5::text) and timestamp >= $16::timestamptz and timestamp <= $17::timestamptz) every) c

-- 3:
    from (select bucket, level, source, camera_id, rows from log_counts_pending where (camera_id = any ($3::integer[]) or (camera_id is null and source = any ($4::text[]))) and level = any ($5::text[]) and bucket >= $6::timestamptz and bucket < $7::timestamptz
-- 5:
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($3::integer[]) or (camera_id is null and source = any ($4::text[]))) and level = any ($5::text[]) and bucket >= $8::timestamptz and bucket < $9::timestamptz
-- 7:
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($3::integer[]) or (camera_id is null and source = any ($4::text[]))) and level = any ($5::text[]) and bucket >= $10::timestamptz and bucket < $11::timestamptz
-- 9:
      select bucket, level, source, camera_id, rows from log_counts_hour where (camera_id = any ($3::integer[]) or (camera_id is null and source = any ($4::text[]))) and level = any ($5::text[]) and bucket >= $12::timestamptz and bucket < $13::timestamptz
-- 11:
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($3::integer[]) or (camera_id is null and source = any ($4::text[]))) and level = any ($5::text[]) and timestamp >= $14::timestamptz and timestamp < $15::timestamptz) every
-- 13:
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($3::integer[]) or (camera_id is null and source = any ($4::text[]))) and level = any ($5::text[]) and timestamp >= $16::timestamptz and timestamp <= $17::timestamptz) every) c

-- count_by_cameras
    /* count_by_cameras */
    with binned as (
      select date_bin($13::bigint * interval '1 millisecond', bucket, $14::timestamptz) as bucket, camera_id, source, sum(rows) as logs,
        coalesce(sum(rows) filter (where level in ('ERROR', 'CRITICAL')), 0) as errors
      from (select bucket, level, source, camera_id, rows from log_counts_pending where (camera_id = any ($1::integer[]) or source = any ($2::text[])) and bucket >= $3::timestamptz and bucket < $4::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($1::integer[]) or source = any ($2::text[])) and bucket >= $5::timestamptz and bucket < $6::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or source = any ($2::text[])) and timestamp >= $7::timestamptz and timestamp < $8::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or source = any ($2::text[])) and timestamp >= $9::timestamptz and timestamp <= $10::timestamptz) every) c
      group by 1, 2, 3
    )
    select id as camera_id, bucket, sum(logs)::bigint as logs, sum(errors)::bigint as errors
    from (
      select camera_id as id, bucket, logs, errors from binned where camera_id = any ($11::integer[])
      union all
      select known.id, bucket, logs, errors
      from unnest($11::integer[], $12::text[]) as known (id, source)
      join binned on binned.source = known.source and binned.camera_id is distinct from known.id
    ) named
    group by 1, 2
    having sum(logs) > 0;

-- 3:
      select date_bin($15::bigint * interval '1 millisecond', bucket, $16::timestamptz) as bucket, camera_id, source, sum(rows) as logs,
-- 5:
      from (select bucket, level, source, camera_id, rows from log_counts_pending where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and (camera_id = any ($3::integer[]) or source = any ($4::text[])) and bucket >= $5::timestamptz and bucket < $6::timestamptz
-- 7:
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and (camera_id = any ($3::integer[]) or source = any ($4::text[])) and bucket >= $7::timestamptz and bucket < $8::timestamptz
-- 9:
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and (camera_id = any ($3::integer[]) or source = any ($4::text[])) and timestamp >= $9::timestamptz and timestamp < $10::timestamptz) every
-- 11:
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and (camera_id = any ($3::integer[]) or source = any ($4::text[])) and timestamp >= $11::timestamptz and timestamp <= $12::timestamptz) every) c
-- 16:
      select camera_id as id, bucket, logs, errors from binned where camera_id = any ($13::integer[])
-- 19:
      from unnest($13::integer[], $14::text[]) as known (id, source)

-- count_by_dimensions
    /* count_by_dimensions */
    select level, source, camera_id, rows, last_from,
      last_from + case when last_from < $3::timestamptz then interval '1 month' else interval '1 day' end
        as last_to
    from (
      select level, source, camera_id, sum(rows)::bigint as rows,
        case when max(bucket) filter (where rows > 0) < $3::timestamptz then date_trunc('month', max(bucket) filter (where rows > 0)) else date_trunc('day', max(bucket) filter (where rows > 0)) end as last_from
      from (select bucket, level, source, camera_id, rows from log_counts_pending
      union all
      select bucket, level, source, camera_id, rows from log_counts_day where bucket >= $1::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_month where bucket < $2::timestamptz) c
      group by level, source, camera_id
      having sum(rows) > 0
    ) summed;

-- 3:
      last_from + case when last_from < $5::timestamptz then interval '1 month' else interval '1 day' end
-- 7-8:
        case when max(bucket) filter (where rows > 0) < $5::timestamptz then date_trunc('month', max(bucket) filter (where rows > 0)) else date_trunc('day', max(bucket) filter (where rows > 0)) end as last_from
      from (select bucket, level, source, camera_id, rows from log_counts_pending where (camera_id = any ($1::integer[]) or source = any ($2::text[]))
-- 10:
      select bucket, level, source, camera_id, rows from log_counts_day where (camera_id = any ($1::integer[]) or source = any ($2::text[])) and bucket >= $3::timestamptz
-- 12:
      select bucket, level, source, camera_id, rows from log_counts_month where (camera_id = any ($1::integer[]) or source = any ($2::text[])) and bucket < $4::timestamptz) c

-- 3:
      last_from + case when last_from < $6::timestamptz then interval '1 month' else interval '1 day' end
-- 7-8:
        case when max(bucket) filter (where rows > 0) < $6::timestamptz then date_trunc('month', max(bucket) filter (where rows > 0)) else date_trunc('day', max(bucket) filter (where rows > 0)) end as last_from
      from (select bucket, level, source, camera_id, rows from log_counts_pending where source <> all ($1::text[]) and (camera_id = $2::integer or source = $3::text)
-- 10:
      select bucket, level, source, camera_id, rows from log_counts_day where source <> all ($1::text[]) and (camera_id = $2::integer or source = $3::text) and bucket >= $4::timestamptz
-- 12:
      select bucket, level, source, camera_id, rows from log_counts_month where source <> all ($1::text[]) and (camera_id = $2::integer or source = $3::text) and bucket < $5::timestamptz) c

-- 3:
      last_from + case when last_from < $7::timestamptz then interval '1 month' else interval '1 day' end
-- 7-8:
        case when max(bucket) filter (where rows > 0) < $7::timestamptz then date_trunc('month', max(bucket) filter (where rows > 0)) else date_trunc('day', max(bucket) filter (where rows > 0)) end as last_from
      from (select bucket, level, source, camera_id, rows from log_counts_pending where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and (camera_id = any ($3::integer[]) or source = any ($4::text[]))
-- 10:
      select bucket, level, source, camera_id, rows from log_counts_day where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and (camera_id = any ($3::integer[]) or source = any ($4::text[])) and bucket >= $5::timestamptz
-- 12:
      select bucket, level, source, camera_id, rows from log_counts_month where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and (camera_id = any ($3::integer[]) or source = any ($4::text[])) and bucket < $6::timestamptz) c

-- 3:
      last_from + case when last_from < $13::timestamptz then interval '1 month' else interval '1 day' end
-- 7-8:
        case when max(bucket) filter (where rows > 0) < $13::timestamptz then date_trunc('month', max(bucket) filter (where rows > 0)) else date_trunc('day', max(bucket) filter (where rows > 0)) end as last_from
      from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
-- 10:
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $3::timestamptz and bucket < $4::timestamptz
-- 12:
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $5::timestamptz and bucket < $6::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_hour where bucket >= $7::timestamptz and bucket < $8::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $9::timestamptz and timestamp < $10::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $11::timestamptz and timestamp <= $12::timestamptz) every) c

-- 3:
      last_from + case when last_from < $16::timestamptz then interval '1 month' else interval '1 day' end
-- 7-8:
        case when max(bucket) filter (where rows > 0) < $16::timestamptz then date_trunc('month', max(bucket) filter (where rows > 0)) else date_trunc('day', max(bucket) filter (where rows > 0)) end as last_from
      from (select bucket, level, source, camera_id, rows from log_counts_pending where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $4::timestamptz and bucket < $5::timestamptz
-- 10:
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $6::timestamptz and bucket < $7::timestamptz
-- 12:
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $8::timestamptz and bucket < $9::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_hour where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $10::timestamptz and bucket < $11::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and timestamp >= $12::timestamptz and timestamp < $13::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and timestamp >= $14::timestamptz and timestamp <= $15::timestamptz) every) c

-- count_by_groups
    /* count_by_groups */
    select step, place::integer - 1 as place, sum(rows)::bigint as rows,
      coalesce(sum(rows) filter (where value is not null), 0)::bigint as valued_rows,
      count(value)::integer as distinct_values
    from (
      select 0 as step, 1 as place, c.level as value, sum(rows) as rows
      from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $3::timestamptz and bucket < $4::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $5::timestamptz and bucket < $6::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_hour where bucket >= $7::timestamptz and bucket < $8::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $9::timestamptz and timestamp < $10::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $11::timestamptz and timestamp <= $12::timestamptz) every) c
      
      group by 1, 2, 3
      having sum(rows) > 0
    ) counted
    group by 1, 2;

-- 6-7:
      select greatest(width_bucket(bucket, $1::timestamptz[]) - 1, 0) as step, g.place as place, null as value, sum(rows) as rows
      from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $2::timestamptz and bucket < $3::timestamptz
-- 9:
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $4::timestamptz and bucket < $5::timestamptz
-- 11:
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $6::timestamptz and bucket < $7::timestamptz
-- 13:
      select bucket, level, source, camera_id, rows from log_counts_hour where bucket >= $8::timestamptz and bucket < $9::timestamptz
-- 15:
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $10::timestamptz and timestamp < $11::timestamptz) every
-- 17-18:
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $12::timestamptz and timestamp <= $13::timestamptz) every) c
      left join unnest($14::text[], $15::integer[]) with ordinality g(v0, v1, place) on c.source = g.v0 and coalesce(coalesce(c.camera_id, case when c.source ~ '^camera_[1-9][0-9]{0,8}$' then substr(c.source, 8)::integer end)::bigint, 4294967296) = coalesce(g.v1::bigint, 4294967296)

-- count_by_steps
    /* count_by_steps */
    select date_trunc('month', bucket) as bucket, sum(rows)::bigint as rows
    from (select bucket, level, source, camera_id, rows from log_counts_pending
      union all
      select bucket, level, source, camera_id, rows from log_counts_month) c
    group by 1
    having sum(rows) > 0
    order by 1 desc;

-- 2-3:
    select date_trunc('day', bucket) as bucket, sum(rows)::bigint as rows
    from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
-- 5:
      select bucket, level, source, camera_id, rows from log_counts_day where bucket >= $3::timestamptz and bucket < $4::timestamptz) c

-- 2-3:
    select date_trunc('hour', bucket) as bucket, sum(rows)::bigint as rows
    from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
-- 5:
      select bucket, level, source, camera_id, rows from log_counts_hour where bucket >= $3::timestamptz and bucket < $4::timestamptz) c

-- 2-3:
    select date_trunc('minute', bucket) as bucket, sum(rows)::bigint as rows
    from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
-- 5:
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $3::timestamptz and bucket < $4::timestamptz) c

-- 3:
    from (select bucket, level, source, camera_id, rows from log_counts_pending where source <> all ($1::text[]) and (camera_id = $2::integer or source = $3::text)
-- 5:
      select bucket, level, source, camera_id, rows from log_counts_month where source <> all ($1::text[]) and (camera_id = $2::integer or source = $3::text)) c

-- 3:
    from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
-- 5:
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $3::timestamptz and bucket < $4::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $5::timestamptz and bucket < $6::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_hour where bucket >= $7::timestamptz and bucket < $8::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $9::timestamptz and timestamp < $10::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $11::timestamptz and timestamp <= $12::timestamptz) every) c

-- 3:
    from (select bucket, level, source, camera_id, rows from log_counts_pending where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $4::timestamptz and bucket < $5::timestamptz
-- 5:
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $6::timestamptz and bucket < $7::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $8::timestamptz and bucket < $9::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_hour where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $10::timestamptz and bucket < $11::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and timestamp >= $12::timestamptz and timestamp < $13::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and timestamp >= $14::timestamptz and timestamp <= $15::timestamptz) every) c

-- count_loggers
    /* count_loggers */
    select logger_name, source, level, count(*)::bigint as rows, min(timestamp) as first_at, max(timestamp) as last_at
    from (select logger_name, source, level, timestamp from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz) every
    group by 1, 2, 3;

-- 3:
    from (select logger_name, source, level, timestamp from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and timestamp >= $3::timestamptz and timestamp <= $4::timestamptz) every

-- 3:
    from (select logger_name, source, level, timestamp from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and logger_name = $3::text and (message ilike $4 or logger_name ilike $4)) every

-- 3:
    from (select logger_name, source, level, timestamp from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and source = any ($3::text[]) and extra_data ->> 'request_id' = $4 and octet_length(extra_data ->> 'request_id') <= 500) every

-- 3:
    from (select logger_name, source, level, timestamp from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and timestamp >= $3::timestamptz and timestamp <= $4::timestamptz and (camera_id = any ($5::integer[]) or (camera_id is null and source = any ($6::text[]))) and level = any ($7::text[])) every

-- count_matches
  /* count_matches */
  select count(*) as total
  from (select from (select 1 as one from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and logger_name = $3::text and (message ilike $4 or logger_name ilike $4)) every limit $5) matches;

-- 3:
  from (select from (select 1 as one from logs where timestamp >= $1::timestamptz and timestamp <= $2::timestamptz and logger_name = $3::text and (message ilike $4 or logger_name ilike $4)) every limit $5) matches

-- 3:
  from (select from (select 1 as one from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and source = any ($3::text[]) and extra_data ->> 'request_id' = $4 and octet_length(extra_data ->> 'request_id') <= 500) every limit $5) matches

-- 3:
  from (select from (select 1 as one from logs where timestamp >= $1::timestamptz and timestamp <= $2::timestamptz and source = any ($3::text[]) and extra_data ->> 'request_id' = $4 and octet_length(extra_data ->> 'request_id') <= 500) every limit $5) matches

-- count_rows
/* count_rows */ select coalesce(sum(rows), 0)::bigint as total from (select bucket, level, source, camera_id, rows from log_counts_pending
      union all
      select bucket, level, source, camera_id, rows from log_counts_month) c;

-- 1:
/* count_rows */ select coalesce(sum(rows), 0)::bigint as total from (select bucket, level, source, camera_id, rows from log_counts_pending where source <> all ($1::text[]) and (camera_id = $2::integer or source = $3::text)
-- 3:
      select bucket, level, source, camera_id, rows from log_counts_month where source <> all ($1::text[]) and (camera_id = $2::integer or source = $3::text)) c

-- 1:
/* count_rows */ select coalesce(sum(rows), 0)::bigint as total from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
-- 3:
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $3::timestamptz and bucket < $4::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $5::timestamptz and bucket < $6::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_hour where bucket >= $7::timestamptz and bucket < $8::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $9::timestamptz and timestamp < $10::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $11::timestamptz and timestamp <= $12::timestamptz) every) c

-- 1:
/* count_rows */ select coalesce(sum(rows), 0)::bigint as total from (select bucket, level, source, camera_id, rows from log_counts_pending where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $4::timestamptz and bucket < $5::timestamptz
-- 3:
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $6::timestamptz and bucket < $7::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $8::timestamptz and bucket < $9::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_hour where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and bucket >= $10::timestamptz and bucket < $11::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and timestamp >= $12::timestamptz and timestamp < $13::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and timestamp >= $14::timestamptz and timestamp <= $15::timestamptz) every) c

-- counts_pending
select from log_counts_pending limit 1;

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

-- export_partitions
    /* export_partitions */
    select name, coalesce(to_regclass(name)::oid::bigint, 0) as table, removed_rows
    from log_partitions
    where detached_at is null;

-- 4:
    where detached_at is null and upper > $1::timestamptz and lower <= $2::timestamptz

-- export_place
      select coalesce((select max(id) from log_feed), 0) as feed_id, last_value + $1 - 1 as last_id
      from log_ids;

-- feed_entries_after
        select id, first_id, last_id, first_timestamp, last_timestamp, rows
        from log_feed
        where id > $1
        order by id
        limit 200;

-- feed_head
        select coalesce(
          (select id from log_feed order by id desc limit 1),
          (select case when is_called then last_value else 0 end from log_feed_ids)
        ) as id;

-- feed_rows
  /* feed_rows */
  select l.id, l.level, l.message, l.timestamp,
    case when c.deleted_at is null then l.camera_id end as camera_id,
    case when c.deleted_at is null then c.name end as camera_name,
    l.source, l.logger_name, l.extra_data, l.feed_id, l.feed_index, l.own_bytes
  from (
    select measured.*, sum(own_bytes) over (order by feed_id, id rows unbounded preceding) as bytes
    from (
      select e.feed_id, r.id - e.entry_first_id as feed_index, r.*, (octet_length(message) + case when pg_column_compression(extra_data) is null then coalesce(pg_column_size(extra_data), 0) else 65536 end) as own_bytes
      from unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        as e (feed_id, entry_first_id, first_id, last_id)
      cross join lateral (
        select *
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where (timestamp >= $1::timestamptz or timestamp = 'infinity') and (timestamp < $2::timestamptz or timestamp = 'infinity') and id between e.first_id and e.last_id) every
        offset 0
      ) r
    ) measured
  ) l
  left join cameras c on c.id = l.camera_id
  where l.bytes - l.own_bytes <= $7::bigint;

-- 10:
      from unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
-- 14:
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where (timestamp >= $3::timestamptz or timestamp = 'infinity') and (timestamp < $4::timestamptz or timestamp = 'infinity') and logger_name = $1::text and (message ilike $2 or logger_name ilike $2) and id between e.first_id and e.last_id) every
-- 20:
  where l.bytes - l.own_bytes <= $9::bigint

-- 10:
      from unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
-- 14:
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where (timestamp >= $4::timestamptz or timestamp = 'infinity') and (timestamp < $5::timestamptz or timestamp = 'infinity') and source <> all ($1::text[]) and (camera_id = $2::integer or source = $3::text) and id between e.first_id and e.last_id) every
-- 20:
  where l.bytes - l.own_bytes <= $10::bigint

-- 10:
      from unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
-- 14:
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where (timestamp >= $3::timestamptz or timestamp = 'infinity') and (timestamp < $4::timestamptz or timestamp = 'infinity') and source = any ($1::text[]) and extra_data ->> 'request_id' = $2 and octet_length(extra_data ->> 'request_id') <= 500 and id between e.first_id and e.last_id) every
-- 20:
  where l.bytes - l.own_bytes <= $9::bigint

-- 10:
      from unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
-- 14:
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where (timestamp >= $4::timestamptz or timestamp = 'infinity') and (timestamp < $5::timestamptz or timestamp = 'infinity') and (camera_id = any ($1::integer[]) or (camera_id is null and source = any ($2::text[]))) and level = any ($3::text[]) and id between e.first_id and e.last_id) every
-- 20:
  where l.bytes - l.own_bytes <= $10::bigint

-- find_id_range
      select first_timestamp, last_timestamp
      from (
        (select first_timestamp, last_timestamp, last_id
        from log_feed
        where first_id <= $1
        order by first_id desc
        limit 1)
        union all
        (select first_timestamp, last_timestamp, last_id
        from log_id_ranges
        where first_id <= $1
        order by first_id desc
        limit 1)
      ) nearest
      where last_id >= $1;

-- find_row
  /* find_row */
  select l.id, l.level, l.message, l.timestamp,
    case when c.deleted_at is null then l.camera_id end as camera_id,
    case when c.deleted_at is null then c.name end as camera_name,
    l.source, l.logger_name, l.extra_data
  from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where id = $1::bigint and timestamp >= $2::timestamptz and timestamp < $3::timestamptz) every
  ) l
  left join cameras c on c.id = l.camera_id;

-- 6:
  from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where id = $1::bigint and timestamp >= $2::timestamptz and timestamp < $3::timestamptz and source = any ($4::text[])) every

-- 6:
  from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where id = $1::bigint and timestamp >= $2::timestamptz and timestamp < $3::timestamptz and source <> all ($4::text[]) and (camera_id = $5::integer or source = $6::text)) every

-- 6:
  from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where id = $1::bigint and timestamp >= $2::timestamptz and timestamp < $3::timestamptz and (camera_id = any ($4::integer[]) or (camera_id is null and source = any ($5::text[]))) and level = any ($6::text[])) every

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

-- 4:
  where bucket >= $1::timestamptz and bucket < $2::timestamptz and (camera_id = any ($3::integer[]) or (camera_id is null and source = any ($4::text[]))) and level = any ($5::text[]) and rows > 0
-- 8:
  where bucket >= $1::timestamptz and bucket < $2::timestamptz and (camera_id = any ($3::integer[]) or (camera_id is null and source = any ($4::text[]))) and level = any ($5::text[])

-- fold_counts
  with moved as (
    delete from log_counts_pending
    where ctid = any (array(select ctid from log_counts_pending limit 50000))
    returning bucket, level, source, camera_id, rows
  ), summed as materialized (
    -- Under load a hundred batches tell of the same minute: added up once and not for each grain.
    select bucket, level, source, camera_id, sum(rows) as rows
    from moved
    group by 1, 2, 3, 4
  ), 
  minute as (
    insert into log_counts_minute (bucket, level, source, camera_id, rows)
    select date_trunc('minute', bucket), level, source, camera_id, sum(rows)
    from summed
    group by 1, 2, 3, 4
    on conflict (bucket, level, source, camera_id) do update
    set rows = log_counts_minute.rows + excluded.rows
  ), 
  hour as (
    insert into log_counts_hour (bucket, level, source, camera_id, rows)
    select date_trunc('hour', bucket), level, source, camera_id, sum(rows)
    from summed
    group by 1, 2, 3, 4
    on conflict (bucket, level, source, camera_id) do update
    set rows = log_counts_hour.rows + excluded.rows
  ), 
  day as (
    insert into log_counts_day (bucket, level, source, camera_id, rows)
    select date_trunc('day', bucket), level, source, camera_id, sum(rows)
    from summed
    group by 1, 2, 3, 4
    on conflict (bucket, level, source, camera_id) do update
    set rows = log_counts_day.rows + excluded.rows
  ), 
  month as (
    insert into log_counts_month (bucket, level, source, camera_id, rows)
    select date_trunc('month', bucket), level, source, camera_id, sum(rows)
    from summed
    group by 1, 2, 3, 4
    on conflict (bucket, level, source, camera_id) do update
    set rows = log_counts_month.rows + excluded.rows
  )
  select count(*) as folded
  from moved;

-- fold_values
  /* fold_values */
  select step, k0::text as k0, case
      when jsonb_typeof(k1) = 'string' then to_json(left(k1 #>> '{}', 201))::text
      when length(k1::text) <= 600 then k1::text
      else to_json(left(k1::text, 600))::text
    end as k1, other,
    rows, figure::text, most::text
  from (
    select step, k0, k1, null::text as other, count(*)::integer as rows, min(number) as figure, max(number) as most
    from (
      select step, k0, k1, value, hashtextextended(case jsonb_typeof(value) when 'number' then trim_scale(value::numeric)::text else value #>> '{}' end, 0) & 4503599627370495 as number
      from (select * from (select $1::integer as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $2::text[]) as k1, (extra_data #> $3::text[]) as value from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz) every offset 0) valued
      offset 0
    ) numbered
    group by step, k0, k1, null::text, number
    limit $6
  ) cells;

-- 12:
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz) every offset 0) valued
-- 16:
    limit $7

-- 12:
      from (select * from (select $1::integer as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $2::text[]) as k1, (extra_data #> $3::text[]) as value from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz and timestamp >= $6::timestamptz and timestamp <= $7::timestamptz) every offset 0) valued
-- 16:
    limit $8

-- 12:
      from (select * from (select $1::integer as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $2::text[]) as k1, (extra_data #> $3::text[]) as value from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz and logger_name = $6::text and (message ilike $7 or logger_name ilike $7)) every offset 0) valued
-- 16:
    limit $8

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
-- 15:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number

-- 12:
      from (select * from (select $1::integer as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $2::text[]) as k1, (extra_data #> $3::text[]) as value from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz and source = any ($6::text[]) and extra_data ->> 'request_id' = $7 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) valued
-- 16:
    limit $8

-- 12:
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz and timestamp >= $7::timestamptz and timestamp <= $8::timestamptz) every offset 0) valued
-- 16:
    limit $9

-- 12:
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz and logger_name = $7::text and (message ilike $8 or logger_name ilike $8)) every offset 0) valued
-- 16:
    limit $9

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number
    limit $7

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
      from (select * from (select $1::integer as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $2::text[]) as k1, (extra_data #> $3::text[]) as value from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz and timestamp >= $6::timestamptz and timestamp <= $7::timestamptz) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number
    limit $8

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
      from (select * from (select $1::integer as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $2::text[]) as k1, (extra_data #> $3::text[]) as value from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz and logger_name = $6::text and (message ilike $7 or logger_name ilike $7)) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number
    limit $8

-- 12:
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz and source = any ($7::text[]) and extra_data ->> 'request_id' = $8 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) valued
-- 16:
    limit $9

-- 12:
      from (select * from (select $1::integer as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $2::text[]) as k1, (extra_data #> $3::text[]) as value from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz and timestamp >= $6::timestamptz and timestamp <= $7::timestamptz and (camera_id = any ($8::integer[]) or (camera_id is null and source = any ($9::text[]))) and level = any ($10::text[])) every offset 0) valued
-- 16:
    limit $11

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
      from (select * from (select $1::integer as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $2::text[]) as k1, (extra_data #> $3::text[]) as value from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz and source = any ($6::text[]) and extra_data ->> 'request_id' = $7 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number
    limit $8

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz and timestamp >= $7::timestamptz and timestamp <= $8::timestamptz) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number
    limit $9

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz and logger_name = $7::text and (message ilike $8 or logger_name ilike $8)) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number
    limit $9

-- 12:
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz and timestamp >= $7::timestamptz and timestamp <= $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and level = any ($11::text[])) every offset 0) valued
-- 16:
    limit $12

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz and source = any ($7::text[]) and extra_data ->> 'request_id' = $8 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number
    limit $9

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
      from (select * from (select $1::integer as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $2::text[]) as k1, (extra_data #> $3::text[]) as value from logs where timestamp >= $4::timestamptz and timestamp < $5::timestamptz and timestamp >= $6::timestamptz and timestamp <= $7::timestamptz and (camera_id = any ($8::integer[]) or (camera_id is null and source = any ($9::text[]))) and level = any ($10::text[])) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number
    limit $11

-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, min(number) as figure, max(number) as most
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::float8 end as number
      from (select * from (select $1::integer + greatest(width_bucket(timestamp, $2::timestamptz[]) - 1, 0) as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $3::text[]) as k1, (extra_data #> $4::text[]) as value from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz and timestamp >= $7::timestamptz and timestamp <= $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and level = any ($11::text[])) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number
    limit $12

-- 7:
    rows, figure::text
-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, avg(number) as figure
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::numeric end as number
      from (select * from (select s.step as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $5::text[]) as k1, (extra_data #> $6::text[]) as value
        from unnest($7::timestamptz[], $8::timestamptz[], $9::integer[])
          as s (lower, upper, step)
        cross join lateral (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and timestamp >= $3::timestamptz and timestamp <= $4::timestamptz and timestamp >= s.lower and timestamp < s.upper offset 0) r
        where true) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number is null
    limit $10

-- 7:
    rows, figure::text
-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, avg(number) as figure
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::numeric end as number
      from (select * from (select s.step as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $7::text[]) as k1, (extra_data #> $8::text[]) as value
        from unnest($9::timestamptz[], $10::timestamptz[], $11::integer[])
          as s (lower, upper, step)
        cross join lateral (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and timestamp >= $3::timestamptz and timestamp <= $4::timestamptz and timestamp >= s.lower and timestamp < s.upper offset 0) r
        where logger_name = $5::text and (message ilike $6 or logger_name ilike $6)) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number is null
    limit $12

-- 7:
    rows, figure::text
-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, avg(number) as figure
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::numeric end as number
      from (select * from (select s.step as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $7::text[]) as k1, (extra_data #> $8::text[]) as value
        from unnest($9::timestamptz[], $10::timestamptz[], $11::integer[])
          as s (lower, upper, step)
        cross join lateral (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and timestamp >= $3::timestamptz and timestamp <= $4::timestamptz and source = any ($5::text[]) and timestamp >= s.lower and timestamp < s.upper offset 0) r
        where extra_data ->> 'request_id' = $6 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number is null
    limit $12

-- 7:
    rows, figure::text
-- 9:
    select step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end as other, count(*)::integer as rows, avg(number) as figure
-- 11-12:
      select step, k0, k1, value, case when jsonb_typeof(value) = 'number' then value::numeric end as number
      from (select * from (select s.step as step, coalesce(camera_id, case when source ~ '^camera_[1-9][0-9]{0,8}$' then substr(source, 8)::integer end) as k0, (extra_data #> $8::text[]) as k1, (extra_data #> $9::text[]) as value
        from unnest($10::timestamptz[], $11::timestamptz[], $12::integer[])
          as s (lower, upper, step)
        cross join lateral (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and timestamp >= $3::timestamptz and timestamp <= $4::timestamptz and (camera_id = any ($5::integer[]) or (camera_id is null and source = any ($6::text[]))) and level = any ($7::text[]) and timestamp >= s.lower and timestamp < s.upper offset 0) r
        where true) every offset 0) valued
-- 15-16:
    group by step, k0, k1, case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', 200) end, number is null
    limit $13

-- group_rows
    /* group_rows */
    select date_bin($1::bigint * interval '1 millisecond', timestamp, $2::timestamptz) as bucket, level, count(*)::bigint as rows
    from (select timestamp, level from logs where timestamp >= $3::timestamptz and timestamp < $4::timestamptz and timestamp >= $5::timestamptz and timestamp <= $6::timestamptz) every
    group by 1, 2;

-- 3:
    from (select timestamp, level from logs where timestamp >= $3::timestamptz and timestamp < $4::timestamptz and timestamp >= $5::timestamptz and timestamp <= $6::timestamptz and logger_name = $7::text and (message ilike $8 or logger_name ilike $8)) every

-- 3:
    from (select timestamp, level from logs where timestamp >= $3::timestamptz and timestamp < $4::timestamptz and timestamp >= $5::timestamptz and timestamp <= $6::timestamptz and source <> all ($7::text[]) and (camera_id = $8::integer or source = $9::text)) every

-- 3:
    from (select timestamp, level from logs where timestamp >= $3::timestamptz and timestamp < $4::timestamptz and timestamp >= $5::timestamptz and timestamp <= $6::timestamptz and (camera_id = any ($7::integer[]) or (camera_id is null and source = any ($8::text[]))) and level = any ($9::text[])) every

-- 3:
    from (select timestamp, level from logs where timestamp >= $3::timestamptz and timestamp < $4::timestamptz and timestamp >= $5::timestamptz and timestamp <= $6::timestamptz and source = any ($7::text[]) and extra_data ->> 'request_id' = $8 and octet_length(extra_data ->> 'request_id') <= 500) every

-- 2-4:
    select level, source, camera_id, date_trunc('day', max(timestamp)) as last_from,
      date_trunc('day', max(timestamp)) + interval '1 day' as last_to,
      min(timestamp) as first_at, max(timestamp) as last_at, count(*)::bigint as rows
    from (select timestamp, camera_id, level, source from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and logger_name = $3::text and (message ilike $4 or logger_name ilike $4)) every
    group by 1, 2, 3

-- 2-4:
    select level, source, camera_id, date_trunc('day', max(timestamp)) as last_from,
      date_trunc('day', max(timestamp)) + interval '1 day' as last_to,
      min(timestamp) as first_at, max(timestamp) as last_at, count(*)::bigint as rows
    from (select timestamp, camera_id, level, source from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and source = any ($3::text[]) and extra_data ->> 'request_id' = $4 and octet_length(extra_data ->> 'request_id') <= 500) every
    group by 1, 2, 3

-- insert into log_partitions
insert into log_partitions (name, lower, upper) values ($1, $2, $3);

-- is_packing_on
select exists (select from log_packing) as is_on;

-- is_table_name_taken
select to_regclass($1) is not null as taken;

-- list_deleted_cameras
select id from cameras where deleted_at is not null order by id;

-- newest_by_camera
  /* newest_by_camera */
  select known.id as camera_id, newest.id, newest.timestamp, newest.level, newest.message
  from unnest($1::integer[], $2::text[]) as known (id, source)
  cross join lateral (
    select *
    from (
      select * from (select id, timestamp, level, left(message, 500) as message from logs where timestamp >= $3::timestamptz and timestamp < $4::timestamptz and camera_id = known.id order by timestamp desc, id desc limit 1) by_id
      union all
      select * from (select id, timestamp, level, left(message, 500) as message from logs where timestamp >= $5::timestamptz and timestamp < $6::timestamptz and source = known.source order by timestamp desc, id desc limit 1) by_source
    ) either
    order by timestamp desc, id desc
    limit 1
  ) newest;

-- 7:
      select * from (select id, timestamp, level, left(message, 500) as message from logs where timestamp >= $3::timestamptz and timestamp < $4::timestamptz and (camera_id = any ($5::integer[]) or (camera_id is null and source = any ($6::text[]))) and camera_id = known.id order by timestamp desc, id desc limit 1) by_id
-- 9:
      select * from (select id, timestamp, level, left(message, 500) as message from logs where timestamp >= $7::timestamptz and timestamp < $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and source = known.source order by timestamp desc, id desc limit 1) by_source

-- newest_by_source
  /* newest_by_source */
  select s.name as source, newest.timestamp
  from unnest($1::text[]) as s (name)
  cross join lateral (select timestamp, id from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz and source = s.name order by timestamp desc, id desc limit 1) newest;

-- 4:
  cross join lateral (select timestamp, id from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz and timestamp >= $4::timestamptz and timestamp <= $5::timestamptz and source = s.name order by timestamp desc, id desc limit 1) newest

-- 4:
  cross join lateral (select timestamp, id from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz and source = any ($4::text[]) and extra_data ->> 'request_id' = $5 and octet_length(extra_data ->> 'request_id') <= 500 and source = s.name order by timestamp desc, id desc limit 1) newest

-- 4:
  cross join lateral (select timestamp, id from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz and timestamp >= $4::timestamptz and timestamp <= $5::timestamptz and (camera_id = any ($6::integer[]) or (camera_id is null and source = any ($7::text[]))) and level = any ($8::text[]) and source = s.name order by timestamp desc, id desc limit 1) newest

-- notice_pooler
      /* notice_pooler */
      select pg_backend_pid() as pid, current_setting('TimeZone') = 'UTC' and current_setting('jit') = 'off'
        and current_setting('idle_in_transaction_session_timeout') = '5min' as is_set;

-- partitions
      select name, lower, upper
      from log_partitions
      where detached_at is null
      order by lower desc;

-- read_chunk
  /* read_chunk */
  with looked_at as materialized (
    select *, coalesce(true, false) as is_match
    from (
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz order by timestamp desc, id desc limit $1)
    ) candidates
    order by timestamp desc, id desc
    limit $1
  ), size as (
    select count(*) as looked_at, count(*) filter (where is_match) as rows,
      coalesce(sum(octet_length(message) + case
        when pg_column_compression(extra_data) is null then coalesce(pg_column_size(extra_data), 0)
        else 65536
      end) filter (where is_match), 0)::bigint as bytes
    from looked_at
  )
  select size.rows, size.bytes, size.looked_at, last.timestamp, last.id,
    case when size.looked_at = 1 or size.bytes <= $4 then (
      select string_agg('["' || r.level || '","' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z"'
        || coalesce(',' || (r.extra_data)::text, '') || E']\n', '')
      from looked_at r
      where is_match
    ) end as lines
  from size
  left join lateral (
    select timestamp, id
    from looked_at
    order by timestamp asc, id asc
    limit 1
  ) last on true;

-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz order by timestamp desc, id desc limit $1)

-- 20:
        || coalesce(',' || (r.extra_data #> $5::text[])::text, '') || E']\n', '')

-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz order by timestamp desc, id desc limit $1)
-- 20:
        || coalesce(',' || (r.extra_data #> $5::text[])::text, '') || E']\n', '')

-- 3:
    select *, coalesce(logger_name = $4::text and (message ilike $5 or logger_name ilike $5), false) as is_match
-- 18:
    case when size.looked_at = 1 or size.bytes <= $6 then (

-- 3:
    select *, coalesce(logger_name = $4::text and (message ilike $5 or logger_name ilike $5), false) as is_match
-- 18:
    case when size.looked_at = 1 or size.bytes <= $6 then (
-- 20:
        || coalesce(',' || (r.extra_data #> $7::text[])::text, '') || E']\n', '')

-- 4-6:
    from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz and source = any ($4::text[]) and extra_data ->> 'request_id' = $5 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) candidates
-- 18:
    case when size.looked_at = 1 or size.bytes <= $6 then (

-- 4-6:
    from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz and source = any ($4::text[]) and extra_data ->> 'request_id' = $5 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) candidates
-- 18:
    case when size.looked_at = 1 or size.bytes <= $6 then (
-- 20:
        || coalesce(',' || (r.extra_data #> $7::text[])::text, '') || E']\n', '')

-- 19-20:
      select string_agg('[' || floor(extract(epoch from r.timestamp) * 1000) || ',' || coalesce((coalesce(r.camera_id, case when r.source ~ '^camera_[1-9][0-9]{0,8}$' then substr(r.source, 8)::integer end))::text, 'null') || ',' || coalesce(to_json(r.logger_name)::text, 'null') || ',' || coalesce(((r.extra_data #> $5::text[]))::text, 'null') || E']\n', '')

-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz order by timestamp desc, id desc limit $1)
-- 19-20:
      select string_agg('[' || floor(extract(epoch from r.timestamp) * 1000) || ',' || coalesce((coalesce(r.camera_id, case when r.source ~ '^camera_[1-9][0-9]{0,8}$' then substr(r.source, 8)::integer end))::text, 'null') || ',' || coalesce(to_json(r.logger_name)::text, 'null') || ',' || coalesce(((r.extra_data #> $5::text[]))::text, 'null') || E']\n', '')

-- 3:
    select *, coalesce(logger_name = $4::text and (message ilike $5 or logger_name ilike $5), false) as is_match
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $6 then (
      select string_agg('[' || floor(extract(epoch from r.timestamp) * 1000) || ',' || coalesce((coalesce(r.camera_id, case when r.source ~ '^camera_[1-9][0-9]{0,8}$' then substr(r.source, 8)::integer end))::text, 'null') || ',' || coalesce(to_json(r.logger_name)::text, 'null') || ',' || coalesce(((r.extra_data #> $7::text[]))::text, 'null') || E']\n', '')

-- 19-20:
      select string_agg('[' || r.id || ',"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z","' || r.level || '",'
        || to_json(r.source)::text || ',' || coalesce((r.camera_id)::text, 'null') || ','
        || coalesce(to_json(r.logger_name)::text, 'null') || ',' || to_json(case when length(r.message) <= 1000 then r.message
        else left(r.message, 500) || E'\n' || right(r.message, 500) end)::text || E']\n', '')

-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz order by timestamp desc, id desc limit $1)
-- 19-20:
      select string_agg('[' || r.id || ',"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z","' || r.level || '",'
        || to_json(r.source)::text || ',' || coalesce((r.camera_id)::text, 'null') || ','
        || coalesce(to_json(r.logger_name)::text, 'null') || ',' || to_json(case when length(r.message) <= 1000 then r.message
        else left(r.message, 500) || E'\n' || right(r.message, 500) end)::text || E']\n', '')

-- 4-6:
    from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz and source = any ($4::text[]) and extra_data ->> 'request_id' = $5 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) candidates
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $6 then (
      select string_agg('[' || floor(extract(epoch from r.timestamp) * 1000) || ',' || coalesce((coalesce(r.camera_id, case when r.source ~ '^camera_[1-9][0-9]{0,8}$' then substr(r.source, 8)::integer end))::text, 'null') || ',' || coalesce(to_json(r.logger_name)::text, 'null') || ',' || coalesce(((r.extra_data #> $7::text[]))::text, 'null') || E']\n', '')

-- 3:
    select *, coalesce(logger_name = $4::text and (message ilike $5 or logger_name ilike $5), false) as is_match
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $6 then (
      select string_agg('[' || r.id || ',"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z","' || r.level || '",'
        || to_json(r.source)::text || ',' || coalesce((r.camera_id)::text, 'null') || ','
        || coalesce(to_json(r.logger_name)::text, 'null') || ',' || to_json(case when length(r.message) <= 1000 then r.message
        else left(r.message, 500) || E'\n' || right(r.message, 500) end)::text || E']\n', '')

-- 4-6:
    from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz and source = any ($4::text[]) and extra_data ->> 'request_id' = $5 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) candidates
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $6 then (
      select string_agg('[' || r.id || ',"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z","' || r.level || '",'
        || to_json(r.source)::text || ',' || coalesce((r.camera_id)::text, 'null') || ','
        || coalesce(to_json(r.logger_name)::text, 'null') || ',' || to_json(case when length(r.message) <= 1000 then r.message
        else left(r.message, 500) || E'\n' || right(r.message, 500) end)::text || E']\n', '')

-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz and (camera_id = any ($4::integer[]) or (camera_id is null and source = any ($5::text[]))) and level = $6::text order by timestamp desc, id desc limit $1)
      union all
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $7::timestamptz and timestamp <= $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and level = $11::text order by timestamp desc, id desc limit $1)
-- 18:
    case when size.looked_at = 1 or size.bytes <= $12 then (

-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz and (camera_id = any ($4::integer[]) or (camera_id is null and source = any ($5::text[]))) and level = $6::text order by timestamp desc, id desc limit $1)
      union all
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $7::timestamptz and timestamp <= $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and level = $11::text order by timestamp desc, id desc limit $1)
-- 18:
    case when size.looked_at = 1 or size.bytes <= $12 then (
-- 20:
        || coalesce(',' || (r.extra_data #> $13::text[])::text, '') || E']\n', '')

-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz and (camera_id = any ($4::integer[]) or (camera_id is null and source = any ($5::text[]))) and level = $6::text order by timestamp desc, id desc limit $1)
      union all
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $7::timestamptz and timestamp <= $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and level = $11::text order by timestamp desc, id desc limit $1)
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $12 then (
      select string_agg('[' || floor(extract(epoch from r.timestamp) * 1000) || ',' || coalesce((coalesce(r.camera_id, case when r.source ~ '^camera_[1-9][0-9]{0,8}$' then substr(r.source, 8)::integer end))::text, 'null') || ',' || coalesce(to_json(r.logger_name)::text, 'null') || ',' || coalesce(((r.extra_data #> $13::text[]))::text, 'null') || E']\n', '')

-- 3:
    select *, coalesce(id <= $4 and not id <@ (select coalesce(range_agg(int8range(first_id, last_id, '[]')), '{}')
        from log_feed
        where id > $5 and first_id <= $4), false) as is_match
-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz order by timestamp asc, id asc limit $1)
-- 7:
    order by timestamp asc, id asc
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $6 then (
      select string_agg('{' || '"id":' || r.id::text || ',' || '"timestamp":' || '"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z' || '"' || ',' || '"level":' || '"' || r.level::text || '"' || ',' || '"source":' || to_json(r.source)::text || ',' || '"camera_id":' || coalesce((r.camera_id)::text, 'null') || ',' || '"camera_name":' || coalesce(to_json((select c.name from cameras c where c.id = r.camera_id and c.deleted_at is null))::text, 'null') || ',' || '"logger_name":' || coalesce(to_json(r.logger_name)::text, 'null') || ',' || '"message":' || to_json(r.message)::text || ',' || '"extra_data":' || coalesce(r.extra_data::text, 'null') || E'}\n', '')
-- 28:
    order by timestamp desc, id desc

-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz and (camera_id = any ($4::integer[]) or (camera_id is null and source = any ($5::text[]))) and level = $6::text order by timestamp desc, id desc limit $1)
      union all
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $7::timestamptz and timestamp <= $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and level = $11::text order by timestamp desc, id desc limit $1)
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $12 then (
      select string_agg('[' || r.id || ',"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z","' || r.level || '",'
        || to_json(r.source)::text || ',' || coalesce((r.camera_id)::text, 'null') || ','
        || coalesce(to_json(r.logger_name)::text, 'null') || ',' || to_json(case when length(r.message) <= 1000 then r.message
        else left(r.message, 500) || E'\n' || right(r.message, 500) end)::text || E']\n', '')

-- 3:
    select *, coalesce(id <= $4 and not id <@ (select coalesce(range_agg(int8range(first_id, last_id, '[]')), '{}')
        from log_feed
        where id > $5 and first_id <= $4) and logger_name = $6::text and (message ilike $7 or logger_name ilike $7), false) as is_match
-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz order by timestamp asc, id asc limit $1)
-- 7:
    order by timestamp asc, id asc
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $8 then (
      select string_agg('{' || '"id":' || r.id::text || ',' || '"timestamp":' || '"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z' || '"' || ',' || '"level":' || '"' || r.level::text || '"' || ',' || '"source":' || to_json(r.source)::text || ',' || '"camera_id":' || coalesce((r.camera_id)::text, 'null') || ',' || '"camera_name":' || coalesce(to_json((select c.name from cameras c where c.id = r.camera_id and c.deleted_at is null))::text, 'null') || ',' || '"logger_name":' || coalesce(to_json(r.logger_name)::text, 'null') || ',' || '"message":' || to_json(r.message)::text || ',' || '"extra_data":' || coalesce(r.extra_data::text, 'null') || E'}\n', '')
-- 28:
    order by timestamp desc, id desc

-- 3-7:
    select *, coalesce(id <= $6 and not id <@ (select coalesce(range_agg(int8range(first_id, last_id, '[]')), '{}')
        from log_feed
        where id > $7 and first_id <= $6), false) as is_match
    from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz and source = any ($4::text[]) and extra_data ->> 'request_id' = $5 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) candidates
    order by timestamp asc, id asc
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $8 then (
      select string_agg('{' || '"id":' || r.id::text || ',' || '"timestamp":' || '"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z' || '"' || ',' || '"level":' || '"' || r.level::text || '"' || ',' || '"source":' || to_json(r.source)::text || ',' || '"camera_id":' || coalesce((r.camera_id)::text, 'null') || ',' || '"camera_name":' || coalesce(to_json((select c.name from cameras c where c.id = r.camera_id and c.deleted_at is null))::text, 'null') || ',' || '"logger_name":' || coalesce(to_json(r.logger_name)::text, 'null') || ',' || '"message":' || to_json(r.message)::text || ',' || '"extra_data":' || coalesce(r.extra_data::text, 'null') || E'}\n', '')
-- 28:
    order by timestamp desc, id desc

-- 3:
    select *, coalesce(id <= $12 and not id <@ (select coalesce(range_agg(int8range(first_id, last_id, '[]')), '{}')
        from log_feed
        where id > $13 and first_id <= $12), false) as is_match
-- 5:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz and (camera_id = any ($4::integer[]) or (camera_id is null and source = any ($5::text[]))) and level = $6::text order by timestamp asc, id asc limit $1)
      union all
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $7::timestamptz and timestamp <= $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and level = $11::text order by timestamp asc, id asc limit $1)
-- 7:
    order by timestamp asc, id asc
-- 18-20:
    case when size.looked_at = 1 or size.bytes <= $14 then (
      select string_agg('{' || '"id":' || r.id::text || ',' || '"timestamp":' || '"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z' || '"' || ',' || '"level":' || '"' || r.level::text || '"' || ',' || '"source":' || to_json(r.source)::text || ',' || '"camera_id":' || coalesce((r.camera_id)::text, 'null') || ',' || '"camera_name":' || coalesce(to_json((select c.name from cameras c where c.id = r.camera_id and c.deleted_at is null))::text, 'null') || ',' || '"logger_name":' || coalesce(to_json(r.logger_name)::text, 'null') || ',' || '"message":' || to_json(r.message)::text || ',' || '"extra_data":' || coalesce(r.extra_data::text, 'null') || E'}\n', '')
-- 28:
    order by timestamp desc, id desc

-- read_names
      select kind, name, seen_on::text
      from log_names;

-- read_rows
  /* read_rows */
  select l.id, l.level, l.message, l.timestamp,
    case when c.deleted_at is null then l.camera_id end as camera_id,
    case when c.deleted_at is null then c.name end as camera_name,
    l.source, l.logger_name, l.extra_data
  from (
    select *
    from (
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz order by timestamp asc, id asc limit $1)
    ) matches
    order by timestamp asc, id asc
    offset $4
    limit $5
  ) l
  left join cameras c on c.id = l.camera_id
  order by l.timestamp asc, l.id asc;

-- 9:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz order by timestamp asc, id asc limit $1)

-- 9:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp < $3::timestamptz order by timestamp desc, id desc limit $1)
-- 11:
    order by timestamp desc, id desc
-- 16:
  order by l.timestamp desc, l.id desc

-- 9:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz order by timestamp desc, id desc limit $1)
-- 11:
    order by timestamp desc, id desc
-- 16:
  order by l.timestamp desc, l.id desc

-- 9:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $4::timestamptz and timestamp <= $2::timestamptz and (timestamp, id) < ($2::timestamptz, $3::bigint) order by timestamp desc, id desc limit $1)
-- 11-13:
    order by timestamp desc, id desc
    offset $5
    limit $6
-- 16:
  order by l.timestamp desc, l.id desc

-- 9:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz and (camera_id = any ($4::integer[]) or (camera_id is null and source = any ($5::text[]))) and level = $6::text order by timestamp asc, id asc limit $1)
      union all
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $7::timestamptz and timestamp <= $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and level = $11::text order by timestamp asc, id asc limit $1)
-- 12-13:
    offset $12
    limit $13

-- 9:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $2::timestamptz and timestamp <= $3::timestamptz and (camera_id = any ($4::integer[]) or (camera_id is null and source = any ($5::text[]))) and level = $6::text order by timestamp desc, id desc limit $1)
      union all
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $7::timestamptz and timestamp <= $8::timestamptz and (camera_id = any ($9::integer[]) or (camera_id is null and source = any ($10::text[]))) and level = $11::text order by timestamp desc, id desc limit $1)
-- 11-13:
    order by timestamp desc, id desc
    offset $12
    limit $13
-- 16:
  order by l.timestamp desc, l.id desc

-- 9:
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $4::timestamptz and timestamp <= $2::timestamptz and (timestamp, id) < ($2::timestamptz, $3::bigint) and (camera_id = any ($5::integer[]) or (camera_id is null and source = any ($6::text[]))) and level = $7::text order by timestamp desc, id desc limit $1)
      union all
      (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $10::timestamptz and timestamp <= $8::timestamptz and (timestamp, id) < ($8::timestamptz, $9::bigint) and (camera_id = any ($11::integer[]) or (camera_id is null and source = any ($12::text[]))) and level = $13::text order by timestamp desc, id desc limit $1)
-- 11-13:
    order by timestamp desc, id desc
    offset $14
    limit $15
-- 16:
  order by l.timestamp desc, l.id desc

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

-- reserve_log_ids
select nextval('log_ids') as id from generate_series(1, $1);

-- rollback
rollback;

-- search_as_set
  /* search_as_set */
  select l.id, l.level, l.message, l.timestamp,
    case when c.deleted_at is null then l.camera_id end as camera_id,
    case when c.deleted_at is null then c.name end as camera_name,
    l.source, l.logger_name, l.extra_data
  from (
    select *
    from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz and source = any ($3::text[]) and extra_data ->> 'request_id' = $4 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) found
    order by timestamp desc, id desc
    offset $5
    limit $6
  ) l
  left join cameras c on c.id = l.camera_id
  order by l.timestamp desc, l.id desc;

-- 8:
    from (select * from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where timestamp >= $3::timestamptz and timestamp <= $1::timestamptz and (timestamp, id) < ($1::timestamptz, $2::bigint) and source = any ($4::text[]) and extra_data ->> 'request_id' = $5 and octet_length(extra_data ->> 'request_id') <= 500) every offset 0) found
-- 10-11:
    offset $6
    limit $7

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
    ) candidates
          order by timestamp desc, id desc
          limit $1
        ) chosen
      ) compared
      window so_far as (order by timestamp desc, id desc rows unbounded preceding)
    ) counted
    where (is_match and matched > $6) or looked_at = $1
    order by timestamp desc, id desc
    limit $7
  ) l
  left join cameras c on c.id = l.camera_id
  order by l.timestamp desc, l.id desc;

-- select current_setting('server_version_num')::int as
select
        current_setting('server_version_num')::int as version,
        datname as database,
        pg_encoding_to_char(encoding) as encoding,
        datctype as locale,
        encoding = pg_char_to_encoding('UTF8')
          and lower(convert_from('\xc384', 'UTF8') collate "default") = convert_from('\xc3a4', 'UTF8')
          and lower('I' collate "default") = 'i' as "foldsCase"
      from pg_database
      where datname = current_database();

-- select id from
select id from cameras;

-- select pg_advisory_xact_lock($1)
select pg_advisory_xact_lock($1);

-- select pg_notify('log_partitions', '')
select pg_notify('log_partitions', '');

-- select pg_try_advisory_xact_lock($1) as
select pg_try_advisory_xact_lock($1) as locked;

-- set local statement_timeout
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;

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

-- top_groups
    /* top_groups */
    select jsonb_build_array(v0, v1) as values, rows,
      (count(*) over ())::integer as total
    from (
      select c.source as v0, coalesce(c.camera_id, case when c.source ~ '^camera_[1-9][0-9]{0,8}$' then substr(c.source, 8)::integer end) as v1, sum(rows)::bigint as rows
      from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $3::timestamptz and bucket < $4::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $5::timestamptz and bucket < $6::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_hour where bucket >= $7::timestamptz and bucket < $8::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $9::timestamptz and timestamp < $10::timestamptz) every
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $11::timestamptz and timestamp <= $12::timestamptz) every) c
      group by 1, 2
      having sum(rows) > 0
    ) grouped
    order by rows desc, v0, v1
    limit $13;

-- trim_feed
      with alerts as (
        -- Without rules nobody waits for the position.
        select coalesce(
          (select feed_id from alert_position where exists (select 1 from alert_rules where enabled)),
          9223372036854775807
        ) as evaluated_to
      ), gone as (
        delete from log_feed
        where created_at < now() - $1::integer * interval '1 hour'
          and (
            id <= (select evaluated_to from alerts)
            or created_at < now() - 7 * interval '1 day'
          )
        returning id, first_id, last_id, first_timestamp, last_timestamp,
          (date_trunc('hour', first_timestamp), date_trunc('hour', last_timestamp)) as hours
      ), missed as (
        update alert_position
        set trimmed_to = greatest(trimmed_to, (select max(id) from gone))
        where feed_id < (select max(id) from gone)
      ), counts as (
        delete from log_feed_counts where feed_id <= (select max(id) from gone)
      ), marked as (
        select *, (
          first_id = lag(last_id) over by_id + 1 and hours = lag(hours) over by_id
        ) is not true as begins
        from gone
        window by_id as (order by first_id)
      ), numbered as (
        select *, count(*) filter (where begins) over (order by first_id) as range
        from marked
      ), kept as (
        insert into log_id_ranges (first_id, last_id, first_timestamp, last_timestamp)
        select min(first_id), max(last_id), min(first_timestamp), max(last_timestamp)
        from numbered
        group by range
      ), outlived as (
        delete from log_id_ranges
        where last_timestamp < (select min(lower) from log_partitions)
      )
      select count(*) as trimmed
      from gone;

-- write_batches
copy logs (id, timestamp, camera_id, level, source, logger_name, message, extra_data) from stdin;
select append_to_feed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);
commit;
