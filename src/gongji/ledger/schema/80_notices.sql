-- What a person was told about his money, his bindings and his account. ``facts`` holds only what this person may know.
create table notice (
    person_no text not null,
    id bigint generated always as identity,
    kind text not null,
    side text not null check (side in ('authoriser', 'user', 'self')),
    at timestamptz not null,
    about text not null default '',   -- id of the settlement or binding
    facts jsonb not null,
    read_at timestamptz,
    primary key (person_no, id)
);

-- Which kinds a person wants outside the inbox as well. A row is a consent: given, and perhaps taken back.
create table notice_consent (
    person_no text not null references person,
    channel text not null,
    kind text not null,
    given_at timestamptz not null,
    given_through text not null,
    withdrawn_at timestamptz
);
create unique index notice_consent_now on notice_consent (person_no, kind, channel) where withdrawn_at is null;

-- What is to be told to the world outside, written with the business and delivered afterwards, at least once.
-- A deliverer takes a row by moving its ``due_at`` to the end of a lease; whoever dies leaves it to be taken again.
create table outbox (
    id uuid primary key default gen_random_uuid(),   -- the receiver sees it with every attempt
    kind text not null,               -- who handles it
    channel text not null,
    recipient text not null default '',
    payload jsonb not null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    attempts smallint not null default 0,
    due_at timestamptz not null,
    expires_at timestamptz,           -- after it the content is worthless, and is forgotten
    created_at timestamptz not null,
    finished_at timestamptz,
    error text                        -- a short reason, never content
);
create index outbox_due on outbox (due_at) where state = 'waiting';
create index outbox_dead on outbox (created_at, id) where state = 'dead';
create index outbox_finished on outbox (finished_at) where state = 'delivered';

-- Where the sandbox keeps what would have been sent.
create table sandbox_message (
    id bigint generated always as identity primary key,
    delivery uuid not null unique,
    channel text not null,
    kind text not null,
    address text not null,
    text text not null,
    at timestamptz not null
);
