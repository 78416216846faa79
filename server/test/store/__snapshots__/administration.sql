-- add_not_stored
          insert into not_stored (day, reason, rows)
          select (now() at time zone 'UTC')::date, reason, rows
          from unnest($1::text[], $2::bigint[]) as t (reason, rows)
          on conflict (day, reason) do update
          set rows = not_stored.rows + excluded.rows;

-- add_parse_rule_counts
        with past as (
          delete from parse_rule_counts
          where day <= (now() at time zone 'UTC')::date - $7::integer
        )
        insert into parse_rule_counts (name, day, applied, failed, dropped, passed, last_failure, last_failed_at)
        select t.name, (now() at time zone 'UTC')::date, t.applied, t.failed, t.dropped, t.passed,
          t.last_failure, case when t.last_failure is not null then now() end
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
          as t (name, applied, failed, dropped, passed, last_failure)
        join parse_rules using (name)
        order by t.name
        on conflict (name, day) do update
        set applied = parse_rule_counts.applied + excluded.applied,
          failed = parse_rule_counts.failed + excluded.failed,
          dropped = parse_rule_counts.dropped + excluded.dropped,
          passed = parse_rule_counts.passed + excluded.passed,
          last_failure = coalesce(excluded.last_failure, parse_rule_counts.last_failure),
          last_failed_at = coalesce(excluded.last_failed_at, parse_rule_counts.last_failed_at);

-- adopt_mark
      update senders
      set sender = $1
      where sender = $2 and not exists (select 1 from senders where sender = $1);

-- alter table logs
alter table logs attach partition logs_of_a_range for values from ('…') to ('…');

-- alter table logs_of_a_range
alter table logs_of_a_range drop constraint logs_of_a_range;

-- append_to_feed
select append_to_feed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- applied_migrations
select name from migrations;

-- ask_for_job
      insert into job_runs (name, asked, late_after)
      values ($1, 1, $2::integer * interval '1 minute')
      on conflict (name) do update
      set asked = job_runs.asked + 1, late_after = coalesce(excluded.late_after, job_runs.late_after);

-- associations
      select source, camera_id, sum(rows)::bigint as rows
      from (
        select source, camera_id, rows from log_counts_hour where bucket >= $1::timestamptz
        union all
        select source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz
      ) counts
      where camera_id is not null or source ~ '^camera_[0-9]+$'
      group by source, camera_id
      having sum(rows) > 0
      order by source, camera_id;

-- await_jobs
      with gone as (
        delete from job_runs where name <> all ($1::text[])
      )
      insert into job_runs (name, late_after)
      select name, minutes * interval '1 minute'
      from unnest($1::text[], $2::integer[]) as awaited (name, minutes)
      on conflict (name) do update
      set late_after = excluded.late_after, awaited_since = now();

-- batches_so_far
select last_value from log_feed_ids;

-- begin
begin;

-- begin_job
          update job_runs
          set answered = asked, started_at = now()
          where name = $1 and asked > answered;

-- cadences
      select source,
        count(*)::integer as active_minutes,
        min(bucket) as first_at,
        max(bucket) as last_at,
        coalesce(percentile_cont(0.95) within group (order by step), 0)::double precision as p95_minutes,
        coalesce((array_agg(step order by step desc nulls last))[3], 0)::double precision
          as third_longest_minutes
      from (
        select source, bucket,
          extract(epoch from lead(bucket) over (partition by source order by bucket) - bucket) / 60 as step
        from (
          select source, bucket
          from (
            select source, bucket, rows from log_counts_minute where bucket >= $1::timestamptz
            union all
            select source, bucket, rows from log_counts_pending where bucket >= $1::timestamptz
          ) counts
          where bucket <= now()
          group by source, bucket
          having sum(rows) > 0) active
      ) steps
      group by source
      order by count(*) desc, source
      limit $2;

-- close_partitions
      update log_partitions p
      set closed_at = now()
      where p.closed_at is null and p.detached_at is null
        and p.upper + least(greatest((p.upper - p.lower) / 10, interval '10 seconds'), interval '1 hour')
          <= $1::timestamptz
        and (
          p.upper > $2::timestamptz
          or p.created_at < $3::timestamptz
          or not exists (
            select
            from (select * from log_feed order by id desc limit 3000) f
            where f.created_at > now() - $4::integer * interval '1 second'
              and f.first_timestamp < p.upper and f.last_timestamp >= p.lower
          )
        );

-- commit
commit;

-- count_level_overrides
select count(*)::int as rows from level_overrides where expires_at is null or expires_at > now();

-- count_names
    /* count_names */
    select kind, sum(names)::bigint as names, max(names) as most,
      (array_agg(brought_by order by names desc))[1] as most_by
    from (
      select kind, brought_by, count(*) as names
      from log_names
      where brought_by is not null
      group by kind, brought_by
    ) by_caller
    group by kind
    order by kind;

-- count_rows
/* count_rows */ select coalesce(sum(rows), 0)::bigint as total from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_day where bucket >= $3::timestamptz and bucket < $4::timestamptz
      union all
      select * from (select timestamp as bucket, level, source, camera_id, 1 as rows from logs where timestamp >= $5::timestamptz and timestamp <= $6::timestamptz) every) c;

-- create table logs_of_a_range
create table logs_of_a_range (
      like logs including all,
      constraint logs_of_a_range check (timestamp >= '…' and timestamp < '…')
    );

-- create_camera
      with created as (
        insert into cameras (id, name)
        values (coalesce($1, (
          select case
            when max(id) < 2147483647 then max(id) + 1
            -- A line may name the last id there is.
            else (
              select min(g.id) + 1
              from (select 0 as id union all select id from cameras) g
              where g.id < 2147483647 and not exists (select from cameras n where n.id = g.id + 1)
            )
          end
          from cameras
        )), $2)
        on conflict (id) do update
        set name = excluded.name, created_at = now(), deleted_at = null, rewritten_at = null
        where cameras.rewritten_at is not null
        returning id, name, created_at
      )
      select id, name, created_at, pg_notify('cameras', id::text)
      from created;

-- database_facts
      select current_setting('server_version') as version,
        current_database() as database,
        pg_postmaster_start_time() as started_at,
        (select count(*) from pg_stat_activity where backend_type = 'client backend')::integer as connections,
        current_setting('max_connections')::integer as max_connections,
        count(*)::integer as partitions,
        count(*) filter (where closed_at <= now() and indexed_at is null)::integer as index_builds_due,
        min(closed_at) filter (where closed_at <= now() and indexed_at is null) as index_builds_due_since,
        (select count(*) from pg_stat_progress_create_index where datname = current_database())::integer
          as index_builds_running
      from log_partitions
      where detached_at is null;

-- delete_camera
      with deleted as (
        update cameras
        set deleted_at = now(), rewritten_at = null
        where id = $1 and deleted_at is null
        returning id, name
      )
      select name, pg_notify('cameras', id::text)
      from deleted;

-- fail_job
update job_runs set failed_at = now() where name = $1;

-- feed_age
      select extract(epoch from clock_timestamp() - created_at)::double precision as seconds
      from log_feed
      where id > $1
      order by id
      limit 1;

-- feed_tail
select id from log_feed order by id limit 1;

-- find_camera
select id, name, created_at from cameras where id = $1 and deleted_at is null;

-- find_late_jobs
      select name, since,
        case when exists (
          select 1
          from pg_locks
          where locktype = 'advisory' and classid = 7469009 and objid = hashtext(name)::oid and granted
            and database = (select oid from pg_database where datname = current_database())
        ) then started_at end as running_since,
        case when failed_at > since then failed_at end as failed_at
      from (
        select *, greatest(awaited_since, finished_at) as since
        from job_runs
      ) j
      where now() - since > late_after
      order by since, name;

-- finish_job
update job_runs set finished_at = now() where name = $1;

-- forget_names
delete from log_names where seen_on < current_date - 30;

-- gaps
      select distinct on (source) source, bucket as "from", next as until,
        (extract(epoch from next - bucket) / 60)::integer as minutes
      from (
        select source, bucket, lead(bucket) over (partition by source order by bucket) as next
        from (
          select source, bucket
          from (
            select source, bucket, rows from log_counts_minute where bucket >= $1::timestamptz
            union all
            select source, bucket, rows from log_counts_pending where bucket >= $1::timestamptz
          ) counts
          where bucket <= now()
          group by source, bucket
          having sum(rows) > 0) active
      ) steps
      join unnest($2::text[], $3::double precision[]) as l (source, minutes) using (source)
      where next - bucket > l.minutes * interval '1 minute'
      order by source, next - bucket desc;

-- health_figures
      select count(*)::integer as partitions,
        coalesce(sum(
          coalesce(pg_total_relation_size(to_regclass(name)), 0)
          + coalesce(pg_total_relation_size(to_regclass(name || '_b')), 0)
        ), 0)::bigint as partition_bytes,
        pg_database_size(current_database()) as database_bytes,
        count(*) filter (where closed_at <= now() and indexed_at is null)::integer as index_builds_due,
        (select count(*) from pg_stat_progress_create_index where datname = current_database())::integer
          as index_builds_running,
        count(*) filter (where (
          coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0) > 0 and closed_at <= now() and detached_at is null and packed_at is null
          and upper < now() - make_interval(days => coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0))
        ))::integer as packing_due,
        (select count(*) from (select from log_counts_pending limit 100000) p)::integer as counts_pending
      from log_partitions
      where detached_at is null;

-- indexes_of_partition
      select c.relname as index, i.indisvalid as valid
      from pg_index i
      join pg_class c on c.oid = i.indexrelid
      where i.indrelid = to_regclass($1);

-- insert into log_partitions
insert into log_partitions (name, lower, upper) values ($1, $2, $3);

-- is_being_forgotten
select 1 from cameras where id = $1 and deleted_at is not null and rewritten_at is null;

-- is_job_asked
select 1 from job_runs where name = $1 and asked > answered;

-- is_reachable
select 1 from log_partitions limit 1;

-- is_table_name_taken
select to_regclass($1) is not null as taken;

-- is_writable
select current_setting('transaction_read_only') = 'off' and not pg_is_in_recovery() as writable;

-- list_cameras
      select id, name, created_at
      from cameras
      where deleted_at is null
      order by id;

-- lock table parse_rules
lock table parse_rules in share row exclusive mode;

-- lock table settings
lock table settings in share row exclusive mode;

-- lock_job
select pg_try_advisory_lock($1, hashtext($2)) as locked;

-- next_to_index
      select name, lower, upper
      from log_partitions
      where closed_at <= now() and indexed_at is null and detached_at is null and name <> all ($1::text[])
        and not exists (
          select
          from pg_locks
          where relation = to_regclass(name) and mode = 'ShareUpdateExclusiveLock' and granted
            and database = (select oid from pg_database where datname = current_database())
        )
      order by upper desc
      limit 1;

-- not_stored_since
      select reason, sum(rows)::bigint as rows
      from not_stored
      where day > (now() at time zone 'UTC')::date - $1::integer
      group by reason
      order by reason;

-- notify
select pg_notify($1, $2);

-- partitions
      select name, lower, upper
      from log_partitions
      where detached_at is null
      order by lower desc;

-- read_level_overrides
        select scope, target, level, expires_at, reason, author, created_at, max_lines_per_minute
        from level_overrides
        where expires_at is null or expires_at > now()
        order by scope, target;

-- read_parse_rule_counts
        select name,
          sum(applied)::bigint as applied,
          sum(failed)::bigint as failed,
          sum(dropped)::bigint as dropped,
          sum(passed)::bigint as passed,
          (array_agg(last_failure order by last_failed_at desc nulls last))[1] as last_failure,
          max(last_failed_at) as last_failed_at
        from parse_rule_counts
        where day > (now() at time zone 'UTC')::date - $1::integer
        group by name
        order by name;

-- read_parse_rules
      select name, rule, author, updated_at
      from parse_rules
      order by position, name;

-- read_settings
select name, value from settings;

-- recent_burst
      select coalesce(sum(rows) filter (where created_at > now() - interval '2 seconds'), 0)::bigint as within2s,
        coalesce(sum(rows), 0)::bigint as within5s
      from (select * from log_feed order by id desc limit 2000) f
      where created_at > now() - interval '5 seconds' and last_timestamp >= $1::timestamptz;

-- recent_load
      select coalesce(sum(rows) filter (where bucket >= $2), 0)::bigint as recent,
        coalesce(sum(rows), 0)::bigint as total
      from (
        select bucket, rows from log_counts_minute where bucket >= $1 and bucket <= $3
        union all
        select bucket, rows from log_counts_pending where bucket >= $1 and bucket <= $3
      ) c;

-- release savepoint records
release savepoint records;

-- remember_batch
      insert into senders (sender, last_batch, accepted, first_id, last_id)
      values ($1, $2, $3, $4, $5)
      on conflict (sender) do update
      set last_batch = excluded.last_batch, accepted = excluded.accepted, first_id = excluded.first_id,
        last_id = excluded.last_id, updated_at = now()
      where senders.last_batch < excluded.last_batch;

-- remove_level_override
        with removed as (
          delete from level_overrides
          where scope = $1 and target = $2
          returning scope, target, level, expires_at, max_lines_per_minute
        ), told as (select pg_notify('levels', $1 || ' ' || $2))
        select removed.*
        from told
        left join removed on true
        where scope is not null;

-- rename_camera
      with old as (
        select name
        from cameras
        where id = $1
        for update
      ), renamed as (
        update cameras
        set name = $2
        where id = $1 and deleted_at is null and exists (select 1 from old)
        returning id, name, created_at
      )
      select r.id, r.name, created_at, old.name as old_name, pg_notify('cameras', r.id::text)
      from renamed r, old;

-- replace_parse_rules
        with given as (
          select name, rule, position
          from unnest($1::text[], $2::json[]) with ordinality as t (name, rule, position)
        ), gone as (
          delete from parse_rules
          where name <> all ($1::text[])
        ), outdated as (
          delete from parse_rule_counts
          where name not in (
            select name
            from parse_rules as old
            join given using (name)
            where old.rule::jsonb = given.rule::jsonb
          )
        ), changed as (
          insert into parse_rules (name, rule, position, author)
          select name, rule, position, $3
          from given
          on conflict (name) do update
          set rule = excluded.rule, position = excluded.position,
            author = case when parse_rules.rule::jsonb = excluded.rule::jsonb then parse_rules.author else excluded.author end,
            updated_at = case when parse_rules.rule::jsonb = excluded.rule::jsonb then parse_rules.updated_at else now() end
        )
        select pg_notify('settings', 'parse_rules');

-- rollback
rollback;

-- savepoint records
savepoint records;

-- select pg_advisory_xact_lock($1)
select pg_advisory_xact_lock($1);

-- select pg_notify('log_partitions', '')
select pg_notify('log_partitions', '');

-- set local statement_timeout
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;

-- set_level_override
        with expired as (delete from level_overrides where expires_at <= now())
        insert into level_overrides (scope, target, level, expires_at, reason, author, max_lines_per_minute)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (scope, target) do update
        set level = excluded.level, expires_at = excluded.expires_at, reason = excluded.reason,
          author = excluded.author, max_lines_per_minute = excluded.max_lines_per_minute, created_at = now();

-- stored_reply
select last_batch, accepted, first_id, last_id from senders where sender = $1;

-- unlock_job
select pg_advisory_unlock($1, hashtext($2));

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

-- write_batches
copy logs (id, timestamp, camera_id, level, source, logger_name, message, extra_data) from stdin;

-- 1:
begin;
copy logs (id, timestamp, camera_id, level, source, logger_name, message, extra_data) from stdin;
select append_to_feed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);
commit
