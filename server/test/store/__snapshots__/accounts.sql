-- admit_user
      update auth_users u
      set last_sign_in_at = now()
      where u.id = $1 and not u.disabled
      returning u.id, u.name, u.role, u.cameras, 
  exists (
    select 1
    from auth_accounts a
    where a.user_id = u.id and a.provider_id <> 'credential'
  ) as is_external;

-- append_audit
      select id, at, actor, action, entity, before, after, address, request_id, encode(hash, 'hex') as hash, (select trail from audit_head) as trail
      from append_audit($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7);

-- await_password_hash
      select password
      from auth_accounts
      where user_id = $1 and provider_id = 'credential' and password is not null
      for share;

-- begin
begin;

-- commit
commit;

-- count_boards
      select count(*) filter (where owner = $1) as own, count(*) filter (where shared) as shared
      from boards
      where owner = $1 or shared;

-- count_views
      select count(*) filter (where owner = $1) as own, count(*) filter (where shared) as shared
      from saved_views
      where owner = $1 or shared;

-- create_api_key
      with created as (
        insert into api_keys (name, prefix, hash, scope, cameras, expires_at, min_level, rate_limit, origins)
        select $1, $2, $3::bytea, $4, $5::integer[], now() + $6::integer * interval '1 day', $7, $8::integer, $9::text[]
        where (select count(*) from api_keys where revoked_at is null) < 10000
        returning id, name, prefix, scope, cameras, min_level, rate_limit, origins, created_at, expires_at, last_used_at
      ), told as (
        select pg_notify('api_keys', '')
        from created
      )
      select id, name, prefix, scope, cameras, min_level, rate_limit, origins, created_at, expires_at, last_used_at
      from created, told;

-- create_board
      insert into boards (owner, owner_name, name, shared, range, refresh_seconds, charts)
      values ($1, $2, $3, $4, $5, $6, $7)
      on conflict (owner, name) do nothing
      returning id, owner, owner_name, name, shared, range, refresh_seconds, version, created_at, updated_at, charts;

-- create_external_user
      with made as (
        insert into auth_users (name, username, email, role, cameras)
        values ($1, $2, gen_random_uuid() || '@users.invalid', $3, $4::integer[])
        on conflict (username) do nothing
        returning id, name, role, cameras, disabled
      ), account as (
        insert into auth_accounts (user_id, account_id, provider_id)
        select id, $6, $5
        from made
      )
      select id, name, role, cameras, disabled
      from made;

-- create_first_administrator
            insert into auth_users (name, username, email, role)
            values ($1, $2, gen_random_uuid() || '@users.invalid', 'admin')
            returning id, role;

-- create_link
      with forgotten as (
        delete from one_time_links
        where expires_at < now() - interval '30 days'
      )
      insert into one_time_links (hash, user_id, expires_at)
      values ($1, $2, now() + $3::integer * interval '1 hour')
      returning expires_at;

-- create_mark
      insert into marks (at, kind, text, author, owner)
      select $1, $2, $3, $4, $5
      where (select count(*) from marks) < $6
      returning id, at, kind, text, author, created_at;

-- create_secret
      insert into secrets (name, value)
      values ($1, $2)
      on conflict (name) do nothing;

-- create_view
      insert into saved_views (owner, owner_name, name, query, shared)
      values ($1, $2, $3, $4, $5)
      on conflict (owner, name) do nothing
      returning id, owner, owner_name, name, query, shared, created_at, updated_at;

-- delete_board
delete from boards where id = $1;

-- delete_expired_sessions
      with challenges as (
        delete from auth_verifications
        where expires_at < now()
      )
      delete from auth_sessions
      where expires_at < now();

-- delete_mark
      delete from marks
      where id = $1
      returning id, at, kind, text, author, created_at;

-- delete_user
delete from auth_users where id = $1;

-- delete_view
delete from saved_views where id = $1;

-- displace_mark
      delete from marks
      where id = (select min(id) from marks where owner = $1)
        and (select count(*) from marks where owner = $1) >= 1000
      returning id, at, kind, text, author, created_at;

-- end_session
      with ended as (
        delete from auth_sessions
        where user_id = $1 and id = $2
        returning id
      )
      select pg_notify('sessions', '')
      from ended;

-- end_sessions
      with ended as (
        delete from auth_sessions
        where user_id = $1 and token is distinct from $2
        returning id
      ), told as (
        select pg_notify('sessions', '')
      )
      select (select count(*) from ended)::integer as ended
      from told;

-- end_sessions_and_links
      with sessions as (
        delete from auth_sessions
        where user_id = $1
      ), links as (
        delete from one_time_links
        where used_at is null and user_id is not distinct from $2
      )
      select pg_notify('sessions', '');

-- find_active_user
      select u.id, u.name, u.role, u.cameras, 
  exists (
    select 1
    from auth_accounts a
    where a.user_id = u.id and a.provider_id <> 'credential'
  ) as is_external
      from auth_users u
      where u.id = $1 and not u.disabled;

-- find_api_key_state
      select revoked_at is null and (expires_at is null or expires_at > now()) as valid
      from api_keys
      where hash = $1;

-- find_password_hash
      select password
      from auth_accounts
      where user_id = $1 and provider_id = 'credential' and password is not null;

-- find_password_hash_by_name
      select a.password
      from auth_users u
      join auth_accounts a on a.user_id = u.id
      where u.username = $1 and a.provider_id = 'credential' and a.password is not null;

-- find_user
      select 
  u.id, u.name, u.role, u.cameras, u.disabled, u.two_factor_enabled as two_factor, u.last_sign_in_at, u.created_at,
  exists (
    select 1
    from auth_accounts a
    where a.user_id = u.id and a.password is not null
  ) as has_password,
  
  exists (
    select 1
    from auth_accounts a
    where a.user_id = u.id and a.provider_id <> 'credential'
  ) as is_external
      from auth_users u
      where u.id = $1;

-- find_user_by_name
      select u.id, u.name, u.role, u.cameras, 
  exists (
    select 1
    from auth_accounts a
    where a.user_id = u.id and a.provider_id <> 'credential'
  ) as is_external
      from auth_users u
      where u.username = $1;

-- has_administrator
      select exists (
        select 1
        from auth_users u
        join auth_accounts a on a.user_id = u.id
        where u.role = 'admin' and not u.disabled
          and (a.password is not null or a.provider_id <> 'credential')
      ) as found;

-- has_two_factor
      select u.two_factor_enabled as enabled
      from auth_users u
      where u.id = $1;

-- invite_user
      insert into auth_users (name, username, email, role, cameras)
      values ($1, $2, gen_random_uuid() || '@users.invalid', $3, $4::integer[])
      on conflict (username) do nothing;

-- is_username_taken
      select exists (
        select 1
        from auth_users
        where username = $1 and id is distinct from $2::uuid
      ) as taken;

-- list_api_keys
      select id, name, prefix, scope, cameras, min_level, rate_limit, origins, created_at, expires_at, last_used_at, hash, coalesce(lineage, id) as lineage
      from api_keys
      where revoked_at is null
      order by id desc;

-- list_boards
      select id, owner, owner_name, name, shared, range, refresh_seconds, version, created_at, updated_at, jsonb_array_length(charts) as total_charts
      from boards
      where owner = $1 or shared
      order by lower(name), id;

-- list_marks
      select id, at, kind, text, author, created_at, (count(*) over ())::integer as total
      from marks
      where at >= coalesce($1::timestamptz, '-infinity') and at <= coalesce($2::timestamptz, 'infinity')
      order by at desc, id desc
      limit $3;

-- list_sessions
      select id, created_at, expires_at, ip_address, user_agent, token = $2 as current
      from auth_sessions
      where user_id = $1 and expires_at > now()
      order by created_at desc, id;

-- list_users
      select 
  u.id, u.name, u.role, u.cameras, u.disabled, u.two_factor_enabled as two_factor, u.last_sign_in_at, u.created_at,
  exists (
    select 1
    from auth_accounts a
    where a.user_id = u.id and a.password is not null
  ) as has_password,
  
  exists (
    select 1
    from auth_accounts a
    where a.user_id = u.id and a.provider_id <> 'credential'
  ) as is_external
      from auth_users u
      order by u.username;

-- list_views
      select id, owner, owner_name, name, query, shared, created_at, updated_at
      from saved_views
      where owner = $1 or shared
      order by lower(name), id;

-- lock_administrators
      select id
      from auth_users
      where role = 'admin' or id = $1
      order by id
      for update;

-- lock_api_key
      select id, name, prefix, scope, cameras, min_level, rate_limit, origins, created_at, expires_at, last_used_at, coalesce(lineage, id) as lineage
      from api_keys
      where id = $1 and revoked_at is null
      for update;

-- lock_board
      select id, owner, owner_name, name, shared, range, refresh_seconds, version, created_at, updated_at, charts
      from boards
      where id = $1
      for update;

-- lock_external_user
      select u.id, u.name, u.role, u.cameras, u.disabled
      from auth_accounts a
      join auth_users u on u.id = a.user_id
      where a.provider_id = $1 and a.account_id = $2 and a.provider_id <> 'credential'
      for update of u;

-- lock_view
      select id, owner, owner_name, name, query, shared, created_at, updated_at
      from saved_views
      where id = $1
      for update;

-- newest_api_key_of_lineage
      select id
      from api_keys
      where coalesce(lineage, id) = $1 and revoked_at is null
      order by id desc
      limit 1;

-- read_audit_chain
      select
        id,
        encode(hash, 'hex') as hash,
        encode(coalesce(previous_hash, ''), 'hex') as previous_hash,
        encode(sha256(coalesce(previous_hash, '') || convert_to(jsonb_build_array(
  id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, action, entity,
  before, after, address, request_id)::text, 'UTF8')), 'hex') as expected
      from audit
      where id > $1
      order by id
      limit 10000;

-- read_audit_head
select trail, id, encode(hash, 'hex') as hash from audit_head;

-- read_board
      select id, owner, owner_name, name, shared, range, refresh_seconds, version, created_at, updated_at, charts
      from boards
      where id = $1 and (owner = $2 or shared);

-- read_secret
select value from secrets where name = $1;

-- remove_two_factor
      with removed as (
        delete from auth_two_factors
        where user_id = $1
        returning verified
      ), changed as (
        update auth_users
        set two_factor_enabled = false, updated_at = now()
        where id = $1
      )
      select coalesce(bool_or(verified), false) as removed
      from removed;

-- rename_user
            update auth_users
            set name = $1, username = $2, updated_at = now()
            where id = $3 and not disabled
            returning id, role;

-- replace_password_hash
      update auth_accounts
      set password = $3, updated_at = now()
      where user_id = $1 and provider_id = 'credential' and password = $2;

-- revoke_api_key
      with revoked as (
        update api_keys
        set revoked_at = now()
        where id = $1 and revoked_at is null
        returning id, name, prefix, scope, cameras, min_level, rate_limit, origins, created_at, expires_at, last_used_at
      ), told as (
        select pg_notify('api_keys', '')
        from revoked
      )
      select id, name, prefix, scope, cameras, min_level, rate_limit, origins, created_at, expires_at, last_used_at
      from revoked, told;

-- rotate_api_key
      with created as (
        insert into api_keys
          (name, prefix, hash, scope, cameras, min_level, rate_limit, origins, lineage, expires_at)
        select name, $2, $3::bytea, scope, cameras, min_level, rate_limit, origins, coalesce(lineage, id),
          now() + coalesce($5::integer * interval '1 day', expires_at - created_at)
        from api_keys
        where id = $1 and (select count(*) from api_keys where revoked_at is null) < 10000
        returning id, name, prefix, scope, cameras, min_level, rate_limit, origins, created_at, expires_at, last_used_at
      ), ended as (
        update api_keys
        set expires_at = least(api_keys.expires_at, now() + $4::integer * interval '1 hour')
        from created
        where api_keys.id = $1
        returning api_keys.id, api_keys.name, api_keys.prefix, api_keys.scope, api_keys.cameras, api_keys.min_level, api_keys.rate_limit, api_keys.origins, api_keys.created_at, api_keys.expires_at, api_keys.last_used_at
      ), told as (
        select pg_notify('api_keys', '')
        from created
      )
      select id, name, prefix, scope, cameras, min_level, rate_limit, origins, created_at, expires_at, last_used_at
      from (select * from created union all select * from ended) both_keys, told
      order by id desc;

-- save_board
      update boards b
      set name = $2, shared = $3, range = $4, refresh_seconds = $5, charts = $6, version = version + 1,
        updated_at = now()
      where id = $1
        and not exists (select 1 from boards o where o.owner = b.owner and o.name = $2 and o.id <> b.id)
      returning id, owner, owner_name, name, shared, range, refresh_seconds, version, created_at, updated_at, charts;

-- save_external_user
      update auth_users
      set role = $2, cameras = $3::integer[], updated_at = now()
      where id = $1;

-- save_password
      insert into auth_accounts (user_id, account_id, provider_id, password)
      values ($1::uuid, $1::uuid::text, 'credential', $2)
      on conflict (user_id, provider_id) do update
      set password = excluded.password, updated_at = now();

-- save_user
      update auth_users
      set role = $2, cameras = $3::integer[], disabled = $4, updated_at = now()
      where id = $1;

-- save_view
      update saved_views v
      set name = $2, query = $3, shared = $4, updated_at = now()
      where id = $1
        and not exists (select 1 from saved_views o where o.owner = v.owner and o.name = $2 and o.id <> v.id)
      returning id, owner, owner_name, name, query, shared, created_at, updated_at;

-- select count(*) as
select count(*) as total from audit where actor = $1 and (action = $2 or starts_with(action, $2 || '.')) and at >= $3::timestamptz;

-- select id, at,
      select id, at, actor, action, entity, before, after, address, request_id, encode(hash, 'hex') as hash
      from (
        select *, sum(octet_length(concat(before::text, after::text)))
          over (order by id desc rows between unbounded preceding and 1 preceding) as bytes
        from (
          select *
          from audit
          where actor = $1 and (action = $2 or starts_with(action, $2 || '.')) and at >= $3::timestamptz
          order by id desc
          limit $4
          offset $5
        ) page
      ) measured
      where coalesce(bytes, 0) <= 8388608
      order by id desc;

-- select pg_advisory_xact_lock($1)
select pg_advisory_xact_lock($1);

-- set local statement_timeout
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;

-- spend_code
      with forgotten as (
        delete from auth_spent_codes
        where user_id = $1 and code <> $2 and spent_at < now() - $3::integer * interval '1 second'
      )
      insert into auth_spent_codes as spent (user_id, code)
      values ($1, $2)
      on conflict (user_id, code) do update
      set spent_at = now()
      where spent.spent_at < now() - $3::integer * interval '1 second';

-- tell_of_users
select pg_notify('sessions', '');

-- use_link_up
      update one_time_links
      set used_at = now()
      where hash = $1 and used_at is null and expires_at > now()
      returning user_id;

-- withdraw_session
delete from auth_sessions where token = $1;

-- write_api_key_uses
      update api_keys
      set last_used_at = to_timestamp(used / 1000.0)
      from unnest($1::bigint[], $2::bigint[]) as t (key, used)
      where id = key and (last_used_at is null or last_used_at < to_timestamp(used / 1000.0));
