-- People who sign in by an OpenID provider: their account is of the provider `oidc <issuer>` and its subject, once.
create unique index auth_accounts_external_idx on auth_accounts (provider_id, account_id)
  where provider_id <> 'credential';
