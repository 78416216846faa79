-- Marks on the time axis: deploys and notes.
create table marks (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  kind text not null check (kind in ('deploy', 'note')),
  text varchar(500) not null,
  author text not null,
  created_at timestamptz not null default now()
);

create index marks_at_idx on marks (at desc, id desc);
