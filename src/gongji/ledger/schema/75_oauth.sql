-- Third-party channels: who they are, what each person lets them see, and what they saw. Secrets are kept as hashes only.
create table oauth_client (
    id text primary key,
    name text not null,
    secret_hash bytea,            -- null: a program on people's own devices, which can keep no secret
    redirect_uris text[] not null,
    scopes text[] not null,
    institution text references institution,    -- acts for itself in the name of this institution
    created_at timestamptz not null,
    disabled_at timestamptz,
    check ((institution is null) = (cardinality(redirect_uris) > 0)),
    check (institution is null or secret_hash is not null)
);

create table oauth_grant (
    id text primary key,
    client_id text not null references oauth_client,
    person_no text not null references person,
    scopes text[] not null,
    granted_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_why text check (revoked_why in ('person', 'client', 'replaced', 'reused')),
    check ((revoked_at is null) = (revoked_why is null))
);

create unique index oauth_grant_live on oauth_grant (person_no, client_id) where revoked_at is null;
create index oauth_grant_of_person on oauth_grant (person_no, granted_at);

create table oauth_code (
    code_hash bytea primary key,
    grant_id text not null references oauth_grant,
    redirect_uri text not null,
    challenge text not null,
    expires_at timestamptz not null,
    used_at timestamptz
);

create table oauth_token (
    token_hash bytea primary key,
    kind text not null check (kind in ('access', 'refresh')),
    client_id text not null references oauth_client,
    grant_id text references oauth_grant,       -- null: the client acts for itself
    scopes text[] not null,
    expires_at timestamptz not null,
    used_at timestamptz,          -- of a refresh token that was exchanged for the next one
    revoked_at timestamptz
);

create table oauth_access (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    client_id text not null references oauth_client,
    person_no text not null references person,
    grant_id text not null references oauth_grant,
    what text not null,           -- method and route, without anybody's number
    scope text,
    allowed boolean not null
);

create index oauth_access_of_person on oauth_access (person_no, id);

create trigger oauth_access_is_append_only before update or delete on oauth_access
    for each row execute function refuse_change();
