-- Who may come in: people (in the shape better-auth reads and writes), one-time links and API keys.

-- What servers on one database have to share and nobody may see, such as what signs the session cookies.
create table secrets (
  name text primary key,
  value text not null,
  created_at timestamptz not null default now()
);

-- People. Name, e-mail and image are better-auth's; the e-mail is made up, since people sign in by name.
create table auth_users (
  id uuid primary key default gen_random_uuid(),
  -- As it was typed; `username` is the same in the form in which it is unique.
  name text not null,
  username text not null unique,
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  role text not null default 'viewer'
    check (role in ('admin', 'viewer')),
  -- The cameras a viewer sees; null for everything.
  cameras integer[],
  disabled boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table auth_sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth_users (id) on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index auth_sessions_user_idx on auth_sessions (user_id);
create index auth_sessions_expires_idx on auth_sessions (expires_at);

-- How a person proves to be it: the scrypt hash of a password, or nothing yet.
create table auth_accounts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth_users (id) on delete cascade,
  account_id text not null,
  provider_id text not null,
  password text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, provider_id)
);

create table auth_verifications (
  id uuid primary key default gen_random_uuid(),
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index auth_verifications_identifier_idx on auth_verifications (identifier);

-- SHA-256 of 256 random bits: nothing to guess, so nothing to slow down. Without a user it makes the first administrator.
create table one_time_links (
  hash bytea primary key,
  user_id uuid references auth_users (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index one_time_links_user_idx on one_time_links (user_id);

create table api_keys (
  id bigint generated always as identity primary key,
  name varchar(100) not null,
  -- Its first characters, to recognise it by.
  prefix text not null,
  -- SHA-256 of 256 random bits.
  hash bytea not null unique,
  scope text not null
    check (scope in ('ingest', 'read', 'admin')),
  -- The cameras whose logs it reads; null for everything.
  cameras integer[],
  min_level varchar(20)
    check (min_level in ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
