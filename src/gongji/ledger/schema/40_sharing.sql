-- A relative's permission to draw on one's account.
create table binding (
    id text primary key,
    authoriser text not null references person,
    user_no text not null references person,
    relation text not null,       -- what the user is to the authoriser
    mode text not null default 'live_call' check (mode in ('live_call', 'family_account', 'quota_hold')),
    term text not null default 'long_term' check (term in ('long_term', 'single_use')),
    position smallint not null check (position > 0),
    state text not null check (state in ('review', 'pending', 'active', 'frozen', 'ended')),
    starts_on date not null,
    ends_on date,
    limits jsonb not null default '{}',   -- what the authoriser allows: amounts in fen, purposes, kinds of place
    proof jsonb not null,         -- notice version, consent time, signature hash, channel
    ended_reason text,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    check (authoriser <> user_no),
    check (ends_on is null or ends_on >= starts_on)
);
create unique index binding_once on binding (authoriser, user_no, mode) where state <> 'ended';
create index binding_of_user on binding (user_no) where state <> 'ended';

-- Each step in the life of a binding; never changed.
create table binding_event (
    binding_id text not null references binding,
    at timestamptz not null,
    what text not null,
    actor text not null,
    channel text not null,
    details jsonb not null default '{}'
);
create index binding_event_of on binding_event (binding_id, at);

create trigger binding_event_is_append_only before update or delete on binding_event
    for each row execute function refuse_change();

-- What was drawn through a binding on a day of payment and not given back; guarded by the lock on the authoriser's
-- account rows.
create table binding_use (
    binding_id text not null references binding,
    day date not null,
    amount bigint not null check (amount >= 0),
    primary key (binding_id, day)
);
