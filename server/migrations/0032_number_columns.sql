-- A block keeps the numbers of its `extra_data` column by column, so that a chart reads them without opening it. Null in
-- blocks that were packed before, until their numbers are added.

do $$
declare
  name text;
begin
  -- Blocks that were cleared can be brought back: their tables get the columns as well.
  for name in
    select c.oid::regclass
    from pg_class c
    where c.oid = 'log_blocks'::regclass
      or c.relnamespace = (select relnamespace from pg_class where oid = 'log_blocks'::regclass)
        and c.relkind = 'p' and c.relname ~ '^log_blocks_c[0-9]+$'
  loop
    execute format(
      $table$
      alter table %s
        -- The fields with a column, at most 32: keys joined by dots.
        add column number_fields text[],
        -- All other fields that occur; null if there may be more.
        add column other_fields text[],
        -- Where each part of `numbers` ends: the number of each line's combination first, then each field's.
        add column number_ends integer[],
        add column numbers bytea,
        -- Checksums of `numbers`, and of everything beside it that says what they are.
        add column numbers_sum bigint,
        add column numbers_frame_sum bigint
      $table$, name);
  end loop;
  -- Each part is read on its own. It is as short as it gets.
  for name in
    select p.relid
    from pg_class c
    cross join lateral pg_partition_tree(c.oid) p
    where c.relname ~ '^log_blocks(_c[0-9]+)?$' and c.relkind = 'p'
      and c.relnamespace = (select relnamespace from pg_class where oid = 'log_blocks'::regclass)
  loop
    execute format('alter table %s alter column numbers set storage external', name);
  end loop;
end
$$;
