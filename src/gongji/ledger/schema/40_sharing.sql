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
    device text not null default '',      -- hash of the device's own mark, where the channel has one
    created_at timestamptz not null,
    changed_at timestamptz not null,
    check (authoriser <> user_no),
    check (ends_on is null or ends_on >= starts_on),
    check ((state = 'ended') = (ended_reason is not null))
);
create index binding_made on binding (created_at);
create unique index binding_once on binding (authoriser, user_no, mode) where state <> 'ended';
create index binding_of_user on binding (user_no) where state <> 'ended';
create index binding_expiry on binding (ends_on) where state <> 'ended' and ends_on is not null;

-- Each step in the life of a binding; never changed.
create table binding_event (
    no bigint generated always as identity,
    binding_id text not null references binding,
    at timestamptz not null,
    what text not null,
    actor text not null,          -- person, staff/login, or system
    channel text not null,
    clerk text not null default '',       -- login of whoever did it for the actor at a counter
    place text not null default '',       -- the hall or window
    details jsonb not null default '{}'
);
create index binding_event_of on binding_event (binding_id, at);

create trigger binding_event_is_append_only before update or delete on binding_event
    for each row execute function refuse_change();

-- Papers and drawn signatures that prove a binding (证明材料). What a clerk has only seen has no content.
create table binding_paper (
    no bigint generated always as identity,
    id text primary key,
    owner text not null references person,
    kind text not null,
    name text not null default '',
    media_type text,
    content bytea,
    sha256 bytea,
    seen_by text,                 -- login of the clerk who has seen the original
    binding_id text references binding,   -- null until it goes with an application
    created_at timestamptz not null,
    check ((content is null) = (seen_by is not null)),
    check (content is null or sha256 = sha256(content))
);
create index binding_paper_of on binding_paper (binding_id);
create index binding_paper_loose on binding_paper (created_at) where binding_id is null;

-- Who is what to whom, as it was declared: by a binding, or at a counter (亲属关系申报).
create table kinship (
    person_no text not null references person,
    relative_no text not null references person,
    relation text not null,       -- what the relative is to the person
    basis text not null check (basis in ('commitment', 'documents', 'counter')),
    declared_at timestamptz not null,
    declared_by text not null,
    until_on date,                -- last day, such as that of a divorce
    primary key (person_no, relative_no, relation),
    check (person_no <> relative_no)
);
create index kinship_of_relative on kinship (relative_no);

-- What happened to people, as it was reported (人员变动): death, divorce, insurance, cards. Never changed.
create table life_event (
    id bigint generated always as identity primary key,
    person_no text not null references person,
    kind text not null,
    happened_on date not null,
    reported_at timestamptz not null,
    actor text not null,
    channel text not null,
    place text not null default '',
    details jsonb not null default '{}'
);
create unique index life_event_once on life_event (person_no, kind, happened_on);
create unique index life_event_death on life_event (person_no) where kind = 'death';

create trigger life_event_is_append_only before update or delete on life_event
    for each row execute function refuse_change();

-- Cards that were replaced: whoever shows one is its owner, not somebody else.
create table former_card (
    card_no text primary key,
    person_no text not null references person,
    replaced_at timestamptz not null
);

-- What was drawn through a binding on a day of payment and not given back; guarded by the lock on the authoriser's
-- account rows.
create table binding_use (
    binding_id text not null references binding,
    day date not null,
    amount bigint not null check (amount >= 0),
    primary key (binding_id, day)
);
