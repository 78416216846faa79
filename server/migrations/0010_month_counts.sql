-- Counts by month: with years of history the days alone are hundreds of thousands, and every total reads them all.
-- 7,469,003: 'counts'. Nobody folds meanwhile.
select pg_advisory_xact_lock(7469003);

create table log_counts_month (
  bucket timestamptz not null,
  level varchar(20) not null,
  source varchar(100) not null,
  camera_id integer,
  rows bigint not null,
  unique nulls not distinct (bucket, level, source, camera_id)
);
alter table log_counts_month set (fillfactor = 70);

insert into log_counts_month (bucket, level, source, camera_id, rows)
select date_trunc('month', bucket), level, source, camera_id, sum(rows)
from log_counts_day
group by 1, 2, 3, 4
having sum(rows) <> 0;

-- Those of what was cleared and can still be brought back.
do $$
declare
  days text;
  months text;
begin
  for days in
    select relname
    from pg_class
    where relkind = 'r' and relnamespace = current_schema()::regnamespace
      and relname ~ '^log_counts_day_c[0-9]+$'
  loop
    months := replace(days, 'day', 'month');
    execute format('create table %I (like log_counts_month including all) with (fillfactor = 70)', months);
    execute format(
      'insert into %I (bucket, level, source, camera_id, rows)
      select date_trunc(''month'', bucket), level, source, camera_id, sum(rows)
      from %I
      group by 1, 2, 3, 4
      having sum(rows) <> 0',
      months, days);
  end loop;
end
$$;
