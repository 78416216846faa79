-- add_alert_counts
      insert into alert_counts (rule_id, group_key, minute, rows, whole, numbers)
      select *
      from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::jsonb[])
      on conflict (rule_id, group_key, minute) do update
      set rows = alert_counts.rows + excluded.rows, whole = alert_counts.whole + excluded.whole,
        numbers = coalesce(excluded.numbers, alert_counts.numbers);

-- add_alert_deliveries
      insert into alert_deliveries (channel_id, rule_id, kind, transitions, digest, dedup_key, created_at, next_at)
      select channel_id, rule_id, kind, array(select jsonb_array_elements_text(transitions)::bigint), digest,
        dedup_key, clock.now, clock.now
      from (select log_clock() as now offset 0) clock, jsonb_to_recordset($1::jsonb) as d (
        channel_id bigint, rule_id bigint, kind text, transitions jsonb, digest jsonb, dedup_key text
      );

-- add_alert_transitions
      insert into alert_transitions (rule_id, revision, group_key, tier, kind, window_key, incident, at, value, threshold, first_at, last_at,
        late_ms, held)
      select rule_id, revision, group_key, tier, kind, window_key, incident, at, value, threshold, first_at, last_at,
        late_ms, held
      from jsonb_to_recordset($1::jsonb) as t (
        rule_id bigint, revision integer, group_key text, tier smallint, kind text, window_key bigint, incident bigint,
        at timestamptz, value double precision, threshold double precision, first_at timestamptz,
        last_at timestamptz, late_ms bigint, held text
      )
      on conflict (rule_id, revision, group_key, tier, kind, window_key) do nothing
      returning id, rule_id, group_key, tier, kind, window_key;

-- advance_alert_digest
      update alert_digests
      set next_at = $2::timestamptz, last_at = $3::timestamptz
      where owner = $1;

-- alert_deliveries_of_transitions
      select id, channel_id, rule_id, kind, transitions, digest, dedup_key, state, attempts, created_at, next_at, ended_at,
        reply, error
      from alert_deliveries
      where rule_id = $1 and transitions && $2::bigint[]
      order by id
      limit 100;

-- alert_dimensions
    /* alert_dimensions */
    select (d.n - 1)::integer as n, t.test
    from unnest($1::text[], $2::text[], $3::integer[])
      with ordinality as d (level, source, camera_id, n)
    cross join lateral (values (0, (level = $4::text)), (1, true)) t (test, matches)
    where t.matches;

-- alert_entries_after
      select id, first_id, last_id, first_timestamp, last_timestamp, rows, created_at, is_import
      from (
        select *, sum(rows) over (order by id) - rows as before
        from (
          select *
          from log_feed
          where id > $1
          order by id
          limit 1000
        ) next
      ) e
      where before < $2
      order by id;

-- alert_entry_counts
      /* alert_entry_counts */
      select e.feed_id, r.level, r.source, r.camera_id, r.is_own, date_bin('1 minute', r.timestamp, timestamptz '2000-01-01 00:00Z') as minute,
        count(*) as rows, min(r.timestamp) as first, max(r.timestamp) as last
      from unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        as e (feed_id, entry_first_id, first_id, last_id)
      cross join lateral (
        select *
        from (select level, source, camera_id, timestamp, coalesce(logger_name like 'timelapser\_logs.%' or logger_name = 'timelapser.diagnose', false) as is_own from logs where (timestamp >= $1::timestamptz or timestamp = 'infinity') and (timestamp < $2::timestamptz or timestamp = 'infinity') and id between e.first_id and e.last_id) every
        offset 0
      ) r
      group by 1, 2, 3, 4, 5, 6;

-- alert_entry_messages
      /* alert_entry_messages */
      select e.feed_id, count(*) as rows, string_agg(r.message, $3::text) as messages, string_agg(r.level, $3::text) as levels,
        string_agg(coalesce(r.logger_name, ''), $3::text) as loggers,
        array_agg((r.id - e.entry_first_id)::integer)::text as offsets
      from unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
        as e (feed_id, entry_first_id, first_id, last_id)
      cross join lateral (
        select *
        from (select id, level, logger_name,
          case when octet_length(message) <= 2048 then message else $2::text end as message from logs where (timestamp >= $4::timestamptz or timestamp = 'infinity') and (timestamp < $5::timestamptz or timestamp = 'infinity') and level = $1::text and id between e.first_id and e.last_id) every
        offset 0
      ) r
      group by e.feed_id;

-- alert_matches
    /* alert_matches */
    select t.rule_id, t.group_key, r.feed_id, date_bin('1 minute', r.timestamp, timestamptz '2000-01-01 00:00Z') as minute,
      count(*) as rows, min(r.timestamp) as first, max(r.timestamp) as last,
      array_agg(t.number) filter (where t.number is not null) as numbers, t.message
    from (
      select e.feed_id, r.*
      from unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
        as e (feed_id, entry_first_id, first_id, last_id)
      cross join lateral (
        select *
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where (timestamp >= $3::timestamptz or timestamp = 'infinity') and (timestamp < $4::timestamptz or timestamp = 'infinity') and id = any ($1::bigint[]) and id between e.first_id and e.last_id) every
        offset 0
      ) r
      where (((message ilike $2 or logger_name ilike $2)))
      offset 0
    ) r
    cross join lateral (values (1::bigint, (r.feed_id > 0) and (((message ilike $2 or logger_name ilike $2))) and (not coalesce(logger_name like 'timelapser\_logs.%' or logger_name = 'timelapser.diagnose', false)), coalesce(r.camera_id::text, substring(r.source from '^camera_([1-9][0-9]{0,9})$'))::text, null::double precision, null::text)) t (rule_id, matches, group_key, number, message)
    where t.matches and t.group_key is not null
    group by 1, 2, 3, 4, t.message;

-- 11:
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where (timestamp >= $3::timestamptz or timestamp = 'infinity') and (timestamp < $4::timestamptz or timestamp = 'infinity') and id between e.first_id and e.last_id) every
-- 14:
      where ((level = $1::text)) or (((message ilike $2 or logger_name ilike $2)))
-- 17:
    cross join lateral (values (1::bigint, (r.feed_id > 0) and ((level = $1::text)) and (not coalesce(logger_name like 'timelapser\_logs.%' or logger_name = 'timelapser.diagnose', false)), ''::text, null::double precision, null::text), (1::bigint, (r.feed_id > 0) and (((message ilike $2 or logger_name ilike $2))) and (not coalesce(logger_name like 'timelapser\_logs.%' or logger_name = 'timelapser.diagnose', false)), coalesce(r.camera_id::text, substring(r.source from '^camera_([1-9][0-9]{0,9})$'))::text, null::double precision, null::text)) t (rule_id, matches, group_key, number, message)

-- 11:
        from (select id, timestamp, camera_id, level, source, logger_name, message, extra_data from logs where (timestamp >= $3::timestamptz or timestamp = 'infinity') and (timestamp < $4::timestamptz or timestamp = 'infinity') and id between e.first_id and e.last_id) every
-- 14:
      where ((level = $1::text)) or ((level = $2::text))
-- 17:
    cross join lateral (values (1::bigint, (r.feed_id > 0) and ((level = $1::text)) and (not coalesce(logger_name like 'timelapser\_logs.%' or logger_name = 'timelapser.diagnose', false)) and (case when jsonb_typeof(r.extra_data #> $9::text[]) = 'number' then
      case when abs((r.extra_data #>> $9::text[])::numeric) > 1e300 then null when abs((r.extra_data #>> $9::text[])::numeric) < 1e-300 then 0 else (r.extra_data #>> $9::text[])::numeric end end is not null), ''::text, case when jsonb_typeof(r.extra_data #> $9::text[]) = 'number' then
      case when abs((r.extra_data #>> $9::text[])::numeric) > 1e300 then null when abs((r.extra_data #>> $9::text[])::numeric) < 1e-300 then 0 else (r.extra_data #>> $9::text[])::numeric end end::double precision, null::text), (2::bigint, (r.feed_id > 0) and ((level = $2::text)) and (not coalesce(logger_name like 'timelapser\_logs.%' or logger_name = 'timelapser.diagnose', false)), r.level::text, null::double precision, case when length(r.message) <= 1000 then r.message
        else left(r.message, 500) || E'\n' || right(r.message, 500) end::text)) t (rule_id, matches, group_key, number, message)

-- alert_past_minutes
    /* alert_past_minutes */
    select group_key, minute, rows
    from (
      select source as group_key, bucket as minute, sum(rows)::bigint as rows
      from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $3::timestamptz and bucket < $4::timestamptz) c
      group by 1, 2
      having sum(rows) > 0
    ) m
    where group_key is not null
    order by minute
    limit 300001;

-- alert_present
select log_clock() as at;

-- alert_recent_groups
    /* alert_recent_groups */
    select source as group_key
    from (select bucket, level, source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz and bucket < $2::timestamptz
      union all
      select bucket, level, source, camera_id, rows from log_counts_minute where bucket >= $3::timestamptz and bucket < $4::timestamptz) c
    where source is not null
    group by 1
    having sum(rows) >= 2
    order by sum(rows) desc
    limit $5;

-- alert_tick
select alert_tick() as at;

-- alert_transitions_until
      select id, rule_id, revision, group_key, tier, kind, window_key, incident, at, value, threshold, first_at, last_at,
        late_ms, held
      from alert_transitions
      where rule_id = $1 and at <= $3::timestamptz
        and (group_key = $2 or kind in ('problem', 'recovered'))
      order by at desc, id desc
      limit $4;

-- begin
begin;

-- claim_alert_deliveries
      update alert_deliveries d
      set attempts = attempts + 1,
        next_at = log_clock()
          + case when digest is null then 90 else 300 end * interval '1 second'
      from (
        select w.id
        from alert_channels c
        cross join (values (false, 4), (true, 1)) p (is_digest, places)
        left join unnest($1::bigint[], $2::boolean[], $3::integer[]) as o (channel_id, is_digest, count)
          on o.channel_id = c.id and o.is_digest = p.is_digest
        cross join lateral (
          select id, next_at
          from alert_deliveries n
          where n.state = 'pending' and n.channel_id = c.id and n.next_at <= log_clock()
            and (n.digest is not null) = p.is_digest
            and not exists (
              select 1
              from alert_deliveries e
              where e.state = 'pending' and e.channel_id = n.channel_id and e.dedup_key = n.dedup_key and e.id < n.id
            )
          order by next_at, id
          limit greatest(p.places - coalesce(o.count, 0), 0)
          for update skip locked
        ) w
        order by p.is_digest, w.next_at, w.id
        limit $4
      ) due
      where d.id = due.id
      returning d.id, d.channel_id, d.rule_id, d.kind, d.transitions, d.digest, d.dedup_key, d.state, d.attempts, d.created_at, d.next_at, d.ended_at,
        d.reply, d.error;

-- commit
commit;

-- count_alert_firings
      select rule_id, count(*) as fired, count(distinct group_key) as groups
      from alert_transitions
      where at >= $2::timestamptz and at < $3::timestamptz
        and rule_id = any ($1::bigint[]) and kind = 'firing' and tier = 0
      group by rule_id;

-- count_alert_groups
      select rule_id, count(*) as groups
      from alert_states
      where tier = 0
      group by rule_id;

-- count_alert_kinds
      select rule_id, count(*) as kinds
      from alert_kinds
      where rule_id = any ($1::bigint[])
      group by rule_id;

-- count_alert_rules
      select count(*) filter (where owner = $1) as own, count(*) as total
      from alert_rules;

-- count_alert_states
      select rule_id, count(*) as groups, count(*) filter (where state = 'firing') as firing
      from alert_states
      where rule_id = any ($1::bigint[]) and tier = 0
      group by rule_id;

-- create_alert_channel
      insert into alert_channels (name, kind, target, sealed, author)
      values ($1, $2, $3, $4, $5)
      on conflict (name) do nothing
      returning id, name, kind, target, sealed, author, created_at, updated_at;

-- create_alert_rule
      insert into alert_rules (owner, owner_name, name, enabled, rule, begins_after, begun_at)
      select $1, $2, $3, $4, $5::jsonb, coalesce((select max(id) from log_feed), (select case when is_called then last_value else 0 end from log_feed_ids)), log_clock()
      on conflict (owner, name) do nothing
      returning id, owner, owner_name, name, enabled, rule, revision, begins_after, begun_at, problem, problem_since, problem_owed,
        created_at, updated_at;

-- create_alert_silence
      insert into alert_silences (rule_id, group_key, reason, author, starts_at, ends_at)
      select $1, $2, $3, $4, begins, begins + $6::integer * interval '1 minute'
      from (select coalesce($5::timestamptz, log_clock()) as begins) b
      where (select count(*) from alert_silences where ends_at > log_clock()) < 1000
      returning id, rule_id, group_key, reason, author, starts_at, ends_at;

-- delete_alert_channel
      with deliveries as (
        delete from alert_deliveries where channel_id = $1
      )
      delete from alert_channels where id = $1;

-- delete_alert_rule
      with states as (
        delete from alert_states where rule_id = $1
      ), counts as (
        delete from alert_counts where rule_id = $1
      ), kinds as (
        delete from alert_kinds where rule_id = $1
      ), transitions as (
        delete from alert_transitions where rule_id = $1
      ), silences as (
        delete from alert_silences where rule_id = $1
      ), deliveries as (
        delete from alert_deliveries where rule_id = $1
      )
      delete from alert_rules where id = $1;

-- dismiss_alert_delivery
      delete from alert_deliveries
      where id = $1 and state = 'dead'
      returning rule_id, digest, kind, error;

-- end_alert_attempt
      update alert_deliveries d
      set state = n.state, reply = $4, error = $5,
        next_at = case when n.state = 'pending' then n.next_at else d.next_at end,
        ended_at = case when n.state = 'pending' then null else log_clock() end
      from (
        select id, log_clock() + $6::integer * interval '1 millisecond' as next_at,
          case
            when $3 then 'sent'
            when $6::integer is null
              or log_clock() + $6::integer * interval '1 millisecond' > created_at + 24 * interval '1 hour'
              then 'dead'
            else 'pending'
          end as state
        from alert_deliveries
        where id = $1
      ) n
      where d.id = n.id and d.state = 'pending' and d.attempts = $2
      returning d.state;

-- end_alert_silence
      delete from alert_silences
      where id = $1 and ends_at > log_clock()
      returning id, rule_id, group_key, reason, author, starts_at, ends_at;

-- find_alert_digest
      select owner, owner_name, enabled, at, timezone, channels, next_at, last_at, updated_at
      from alert_digests
      where owner = $1;

-- find_alert_kinds
      select k.rule_id, k.kind, coalesce(s.state = 'firing', false) as is_firing
      from unnest($1::bigint[], $2::text[]) as a (rule, name)
      join alert_kinds k on k.rule_id = a.rule and k.kind = a.name
      left join alert_states s on s.rule_id = k.rule_id and s.group_key = k.kind and s.tier = 0;

-- find_alert_rule
      select id, owner, owner_name, name, enabled, rule, revision, begins_after, begun_at, problem, problem_since, problem_owed,
        created_at, updated_at
      from alert_rules
      where id = $1;

-- find_alert_transitions
      select id, rule_id, revision, group_key, tier, kind, window_key, incident, at, value, threshold, first_at, last_at,
        late_ms, held
      from alert_transitions
      where id = any ($1::bigint[])
      order by id;

-- firing_alert_states
      select rule_id, group_key, tier, state, since, incident, value, first_at, last_at, extended_at, seen_at,
        came_at, sightings, judged_from, judged_to, due_at, too_late, gaps, told_incident, is_owed
      from alert_states
      where rule_id = $1 and (state = 'firing' or told_incident is not null)
      order by group_key, tier;

-- first_alert_counts
      select k.rule as rule_id, k.key as group_key, c.minute
      from unnest($1::bigint[], $2::text[]) as k (rule, key)
      cross join lateral (
        select minute
        from alert_counts
        where rule_id = k.rule and group_key = k.key
        order by minute
        limit 1
      ) c;

-- forget_alert_states
      with counts as (
        delete from alert_counts where rule_id = $1
      ), kinds as (
        delete from alert_kinds where rule_id = $1
      )
      delete from alert_states where rule_id = $1;

-- hold_alerts
select pg_advisory_xact_lock($1);

-- judge_alerts_from
      update alert_states
      set judged_from = $2::timestamptz,
        due_at = case when due_at < $2::timestamptz then $2::timestamptz else due_at end
      where rule_id = any ($1::bigint[]) and judged_from is not null;

-- kept_entry_counts
      select feed_id, counts
      from log_feed_counts
      where feed_id = any ($1::bigint[]);

-- learn_alert_kinds
      insert into alert_kinds (rule_id, kind, first_at)
      select *
      from unnest($1::bigint[], $2::text[], $3::timestamptz[])
      on conflict (rule_id, kind) do nothing;

-- list_alert_channels
      select id, name, kind, target, sealed, author, created_at, updated_at
      from alert_channels
      order by lower(name);

-- list_alert_deliveries
      select id, channel_id, rule_id, kind, transitions, digest, dedup_key, state, attempts, created_at, next_at, ended_at,
        reply, error
      from alert_deliveries
      where (
          rule_id = any ($1::bigint[])
          or rule_id = 0 and ($4::text is null or digest ->> 'owner' = $4::text)
        )
        and ($2::bigint is null or id < $2::bigint)
      order by id desc
      limit $3;

-- list_alert_digests
      select owner, owner_name, enabled, at, timezone, channels, next_at, last_at, updated_at
      from alert_digests
      where enabled
      order by owner;

-- list_alert_rules
      select id, owner, owner_name, name, enabled, rule, revision, begins_after, begun_at, problem, problem_since, problem_owed,
        created_at, updated_at
      from alert_rules
      where $1::text is null or owner = $1::text
      order by lower(name), id;

-- list_alert_silences
      select id, rule_id, group_key, reason, author, starts_at, ends_at
      from alert_silences
      where ends_at > log_clock()
      order by ends_at, id
      limit 1000;

-- list_alert_states
      select rule_id, group_key, tier, state, since, incident, value, first_at, last_at, extended_at, seen_at,
        came_at, sightings, judged_from, judged_to, due_at, too_late, gaps, told_incident, is_owed
      from alert_states
      where rule_id = any ($1::bigint[])
      order by (state = 'firing') desc, since desc, rule_id, group_key
      limit 1000;

-- list_alert_transitions
      select id, rule_id, revision, group_key, tier, kind, window_key, incident, at, value, threshold, first_at, last_at,
        late_ms, held
      from alert_transitions
      where rule_id = any ($1::bigint[]) and ($2::bigint is null or id < $2::bigint)
        and ($4::timestamptz is null or at >= $4::timestamptz)
        and ($5::timestamptz is null or at <= $5::timestamptz)
      order by id desc
      limit $3;

-- load_alert_counts
      select c.rule_id, c.group_key, c.minute, c.rows, c.whole, c.numbers
      from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) as k (rule, key, since, until)
      join alert_counts c
        on c.rule_id = k.rule and c.group_key = k.key and c.minute >= k.since and c.minute <= k.until;

-- load_alert_states
      with wanted as (
        select rule_id as rule, group_key as key
        from alert_states
        where due_at <= $3::timestamptz
        union
        select rule_id, group_key
        from alert_states
        where is_owed
        union
        select *
        from unnest($1::bigint[], $2::text[])
      )
      select rule_id, group_key, tier, state, since, incident, value, first_at, last_at, extended_at, seen_at,
        came_at, sightings, judged_from, judged_to, due_at, too_late, gaps, told_incident, is_owed
      from wanted
      join alert_states on rule_id = rule and group_key = key;

-- lock_alert_channel
      select id, name, kind, target, sealed, author, created_at, updated_at
      from alert_channels
      where id = $1
      for update;

-- lock_alert_digest
      select owner, owner_name, enabled, at, timezone, channels, next_at, last_at, updated_at
      from alert_digests
      where owner = $1
      for update;

-- lock_alert_rule
      select id, owner, owner_name, name, enabled, rule, revision, begins_after, begun_at, problem, problem_since, problem_owed,
        created_at, updated_at
      from alert_rules
      where id = $1
      for update;

-- lock_alerts
select pg_try_advisory_xact_lock($1) as locked;

-- lock_due_alert_digests
      select owner, owner_name, enabled, at, timezone, channels, next_at, last_at, updated_at
      from alert_digests
      where enabled and next_at <= log_clock()
      order by next_at, owner
      limit 20
      for update skip locked;

-- newest_alert_transitions
      select t.*
      from unnest($1::bigint[], $2::text[], $3::smallint[]) as k (rule, key, threshold)
      cross join lateral (
        select id, rule_id, revision, group_key, tier, kind, window_key, incident, at, value, threshold, first_at, last_at,
        late_ms, held
        from alert_transitions
        where rule_id = k.rule and group_key = k.key and tier = k.threshold
        order by id desc
        limit 1
      ) t;

-- owe_alert_problem
update alert_rules set problem_owed = $2::bigint where id = $1;

-- pass_over_alert_windows
      update alert_states
      set judged_to = greatest(judged_to, date_trunc('minute', $2::timestamptz) - interval '1 minute'),
        due_at = greatest(due_at, $2::timestamptz)
      where rule_id = any ($1::bigint[]) and judged_from is not null and due_at is not null;

-- postpone_alert_deliveries
      update alert_deliveries
      set next_at = log_clock() + $2::integer * interval '1 millisecond'
      where channel_id = $1 and state = 'pending' and next_at <= log_clock();

-- prune_alerts
      with mark as (
        select watermark from alert_position
      ), counts as (
        delete from alert_counts c
        where minute < (select watermark from mark) - interval '50 hours'
          and (
            minute < (select watermark from mark) - interval '16 days'
            or not exists (
              select 1
              from alert_rules r
              where r.id = c.rule_id and r.rule -> 'condition' ->> 'kind' = 'usual'
            )
          )
      ), states as (
        delete from alert_states
        where due_at is null and state <> 'firing' and not is_owed
          and greatest(came_at, since) < (select watermark from mark) - interval '14 days'
      ), transitions as (
        delete from alert_transitions where at < (select watermark from mark) - interval '400 days'
      ), deliveries as (
        delete from alert_deliveries
        where state <> 'pending' and ended_at < (select watermark from mark) - interval '30 days'
      ), signs as (
        delete from alert_signs where seen_at < (select watermark from mark) - interval '1 day'
      )
      delete from alert_silences where ends_at < (select watermark from mark) - interval '30 days';

-- raise_alert_rules_version
      with raised as (
        update alert_position
        set rules_version = rules_version + 1
        returning rules_version
      )
      select pg_notify('alerts', rules_version::text)
      from raised;

-- read_alert_figures
      select
        (select extract(epoch from log_clock() - watermark)::double precision
          from alert_position
          where exists (select 1 from alert_rules where enabled)) as lag_seconds,
        (select count(*) from alert_states where state = 'firing' and tier = 0) as firing,
        (select count(*) from alert_rules where enabled) as rules,
        (select count(*) from alert_rules where enabled and problem is not null) as problems,
        (select count(*) from alert_deliveries where state = 'pending') as pending,
        (select count(*) from alert_deliveries where state = 'dead') as dead;

-- read_alert_group
      select too_late, gaps
      from alert_states
      where rule_id = $1 and group_key = $2 and tier = 0;

-- read_alert_position
      with head as (
        select coalesce(
          (select id from log_feed order by id desc limit 1),
          (select case when is_called then last_value else 0 end from log_feed_ids)
        ) as id
      ), made as (
        insert into alert_position (feed_id, watermark)
        select id, log_clock()
        from head
        on conflict do nothing
        returning feed_id, watermark, trimmed_to, rules_version
      )
      select p.*, head.id as head
      from (
        select feed_id, watermark, trimmed_to, rules_version from alert_position
        union all
        select * from made
      ) p, head;

-- read_alert_signs
      select level, source, camera_id, seen_at
      from alert_signs
      where seen_at > $1::timestamptz and seen_at <= $2::timestamptz;

-- read_alert_watermark
select watermark from alert_position;

-- revive_alert_delivery
      update alert_deliveries
      set state = 'pending', created_at = log_clock(), next_at = log_clock(), ended_at = null, attempts = 0
      where id = $1 and state = 'dead'
      returning id, channel_id, rule_id, kind, transitions, digest, dedup_key, state, attempts, created_at, next_at, ended_at,
        reply, error;

-- save_alert_channel
      update alert_channels
      set kind = $2, target = $3, sealed = $4, updated_at = now()
      where id = $1
      returning id, name, kind, target, sealed, author, created_at, updated_at;

-- save_alert_digest
      insert into alert_digests (owner, owner_name, enabled, at, timezone, channels, next_at, updated_at)
      values ($1, $2, $3, $4, $5, $6::text[], $7::timestamptz, log_clock())
      on conflict (owner) do update
      set owner_name = excluded.owner_name, enabled = excluded.enabled, at = excluded.at,
        timezone = excluded.timezone, channels = excluded.channels, next_at = excluded.next_at,
        updated_at = excluded.updated_at
      returning owner, owner_name, enabled, at, timezone, channels, next_at, last_at, updated_at;

-- save_alert_position
      with evaluated as (
        delete from log_feed_counts
        where feed_id > (select feed_id from alert_position) and feed_id <= $1
      )
      update alert_position
      set feed_id = $1, watermark = $2::timestamptz, trimmed_to = 0;

-- save_alert_rule
      update alert_rules r
      set name = $2, enabled = $3, rule = $4::jsonb, updated_at = now(),
        revision = case when $5 then revision + 1 else revision end,
        begins_after = case when $5 then coalesce((select max(id) from log_feed), (select case when is_called then last_value else 0 end from log_feed_ids)) else begins_after end,
        begun_at = case when $5 then log_clock() else begun_at end,
        problem = case when $5 then null else problem end,
        problem_since = case when $5 then null else problem_since end,
        problem_owed = case when $5 then null else problem_owed end
      where id = $1
        and not exists (
          select 1 from alert_rules o where o.owner = r.owner and o.name = $2 and o.id <> r.id
        )
      returning id, owner, owner_name, name, enabled, rule, revision, begins_after, begun_at, problem, problem_since, problem_owed,
        created_at, updated_at;

-- save_alert_signs
      insert into alert_signs as s (level, source, camera_id, seen_at)
      select level, source, camera_id, log_clock()
      from unnest($1::text[], $2::text[], $3::integer[]) as t (level, source, camera_id)
      order by level, source, camera_id
      on conflict (level, source, camera_id) do update
      set seen_at = greatest(s.seen_at, excluded.seen_at);

-- save_alert_states
      insert into alert_states (rule_id, group_key, tier, state, since, incident, value, first_at, last_at, extended_at, seen_at,
        came_at, sightings, judged_from, judged_to, due_at, too_late, gaps, told_incident, is_owed)
      select rule_id, group_key, tier, state, since, incident, value, first_at, last_at, extended_at, seen_at,
        came_at, sightings, judged_from, judged_to, due_at, too_late, gaps, told_incident, is_owed
      from jsonb_to_recordset($1::jsonb) as s (
        rule_id bigint, group_key text, tier smallint, state text, since timestamptz, incident bigint, value double precision,
        first_at timestamptz, last_at timestamptz, extended_at timestamptz, seen_at timestamptz,
        came_at timestamptz, sightings integer, judged_from timestamptz, judged_to timestamptz,
        due_at timestamptz, too_late bigint, gaps integer[], told_incident bigint, is_owed boolean
      )
      on conflict (rule_id, group_key, tier) do update
      set state = excluded.state, since = excluded.since, incident = excluded.incident, value = excluded.value,
        first_at = excluded.first_at, last_at = excluded.last_at, extended_at = excluded.extended_at,
        seen_at = excluded.seen_at, came_at = excluded.came_at, sightings = excluded.sightings,
        judged_from = excluded.judged_from, judged_to = excluded.judged_to, due_at = excluded.due_at,
        too_late = excluded.too_late, gaps = excluded.gaps, told_incident = excluded.told_incident, is_owed = excluded.is_owed;

-- savepoint matching
savepoint matching;

-- set local enable_sort
set local enable_sort = on;

-- 1:
set local enable_sort = off

-- set local statement_timeout
set local statement_timeout = …;

-- 1:
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0

-- set_alert_problem
      update alert_rules
      set problem = $2, problem_since = case when $2::text is null then null else $3::timestamptz end
      where id = $1 and (problem is null) <> ($2::text is null)
      returning problem_owed;

-- settle_alert_problem
update alert_rules set problem_owed = null where id = $1 and problem_owed = $2::bigint;
