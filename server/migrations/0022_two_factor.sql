-- A second factor beside the password: the secret of an authenticator app and backup codes, both encrypted by better-auth.
alter table auth_users add column two_factor_enabled boolean not null default false;

create table auth_two_factors (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null unique references auth_users (id) on delete cascade,
  secret text not null,
  backup_codes text not null,
  -- False until the first code of the app was right.
  verified boolean not null default false,
  failed_verification_count integer not null default 0,
  locked_until timestamptz
);

-- Codes of apps that were tried: a code is valid for a minute and a half, and is taken once.
create table auth_spent_codes (
  user_id uuid not null references auth_users (id) on delete cascade,
  code text not null,
  spent_at timestamptz not null default now(),
  primary key (user_id, code)
);
