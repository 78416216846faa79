-- Whether the rows of a feed entry were imported: old lines, or made-up ones, which fire no alert rule. A batch that is
-- imported never shares a transaction with one that is not.

alter table log_feed add column is_import boolean not null default false;

drop function append_to_feed(
  bigint, bigint, timestamptz, timestamptz, integer, timestamptz[], text[], text[], integer[], bigint[]);

-- As before, with the origin. The default is for servers of the version before, which run beside this one for a while.
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
  is_import boolean default false
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
  perform pg_notify('log_feed', feed_id::text);
  return feed_id;
end
$$;
