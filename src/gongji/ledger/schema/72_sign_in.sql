-- Who signs in and how: people, and those who work at the agency. Secrets are kept as hashes only.
create table session (
    token_hash bytea primary key,
    id text not null unique,      -- by which the person ends it; worth nothing as a token
    person_no text not null references person,
    device text not null,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null
);

create index session_of_person on session (person_no);

-- The password of these people was given to them: they must choose their own before anything else.
create table issued_password (
    person_no text primary key references person,
    issued_at timestamptz not null
);

create table one_time_code (
    person_no text not null references person,
    purpose text not null check (purpose in ('sign_in', 'reset_password')),
    code_hash bytea not null,
    tries smallint not null default 0,
    expires_at timestamptz not null,
    primary key (person_no, purpose)
);

create table staff (
    login text primary key check (login ~ '^[a-z][a-z0-9_.-]{1,30}$'),
    name text not null,
    role text not null check (role in ('clerk', 'reviewer', 'auditor', 'admin')),
    region text check (region ~ '^\d{6}$'),
    password_hash text not null,
    totp_secret text not null,
    totp_step bigint not null default 0,    -- of the last code taken: a code is good once
    created_at timestamptz not null,
    disabled_at timestamptz
);

create table staff_session (
    token_hash bytea primary key,
    login text not null references staff,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

-- How often something happened in a window of time, for all processes together. The key is a hash, so that nobody's
-- number stands here. What a crash of the server loses is at most one window.
create unlogged table throttle (
    key bytea primary key,
    count integer not null,
    until timestamptz not null
);
