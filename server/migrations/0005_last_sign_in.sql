-- Sessions are deleted when they end; when somebody last came in outlives them.
alter table auth_users add column last_sign_in_at timestamptz;
