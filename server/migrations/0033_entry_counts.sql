-- The lines of a feed entry by minute, level, source and camera, as the server that wrote them counted them: what alert
-- rules without a text ask for. Kept until the rules were evaluated over the entry, and only while there are rules.
create table log_feed_counts (
  feed_id bigint primary key,
  -- As `store/alerts/entry-counts.ts` writes and reads it.
  counts text not null
) with (toast_tuple_target = 8160);
-- Read once, a moment later: compressing it costs more than it saves.
alter table log_feed_counts alter column counts set storage external;

drop function append_to_feed(
  bigint, bigint, timestamptz, timestamptz, integer, timestamptz[], text[], text[], integer[], bigint[], boolean);

-- As before, with the counts of the entry. The default is for servers of the version before, which run beside this one for a
-- while: the lines of their entries are counted when the rules are evaluated.
create function append_to_feed(
  first_id bigint,
  last_id bigint,
  first_timestamp timestamptz,
  last_timestamp timestamptz,
  rows integer,
  buckets timestamptz[],
  levels text[],
  sources text[],
  cameras integer[],
  counts bigint[],
  is_import boolean default false,
  entry_counts text default null
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
  insert into log_feed (id, first_id, last_id, first_timestamp, last_timestamp, rows, created_at, is_import)
  values (
    feed_id, first_id, last_id, first_timestamp, last_timestamp, rows,
    greatest((select f.created_at from log_feed f order by f.id desc limit 1), log_clock()), is_import);
  -- Imported lines are no rule's.
  if entry_counts is not null and not is_import and exists (select from alert_rules where enabled) then
    insert into log_feed_counts (feed_id, counts)
    values (feed_id, entry_counts);
  end if;
  perform pg_notify('log_feed', feed_id::text);
  return feed_id;
end
$$;
