-- Lines a minute that an override may let through beyond the global level.
alter table level_overrides
  add column max_lines_per_minute integer not null default 6000
    check (max_lines_per_minute between 1 and 1000000);
