-- The indexes by source, camera, level and request become each partition's own: under load the open one goes without
-- them, which an index of the whole table would not allow. Closed partitions get theirs in the background, newest first.

do $$
declare
  index_name text;
begin
  for index_name in
    select relname
    from pg_class
    where relkind = 'I' and relnamespace = current_schema()::regnamespace
      and relname ~ '^logs_(source|camera|level|request_id)_idx(_c[0-9]+)?$'
  loop
    execute format('drop index %I', index_name);
  end loop;
end
$$;

update log_partitions set indexed_at = null where indexed_at is not null;
