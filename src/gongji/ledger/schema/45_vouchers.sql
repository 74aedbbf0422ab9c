-- What signs e-voucher codes and tokens, for all processes. Codes are signed with the newest key; older keys only check.
create table voucher_key (
    no smallint primary key check (no between 0 and 255),
    secret bytea not null,
    made_at timestamptz not null
);

-- Who may show whose e-voucher code on his own phone (亲情账户). It gives no money: that is a binding.
create table code_account (
    id text primary key,
    holder text not null references person,      -- shows the code
    person_no text not null references person,   -- whose code it is
    relation text not null,                      -- what the person is to the holder
    basis text not null check (basis in ('consent', 'guardian')),
    state text not null check (state in ('pending', 'active', 'ended')),
    asked_at timestamptz not null,
    changed_at timestamptz not null,
    check (holder <> person_no)
);
create unique index code_account_once on code_account (holder, person_no) where state <> 'ended';
create index code_account_of_person on code_account (person_no) where state <> 'ended';

-- Each step of it; never changed.
create table code_account_event (
    code_account text not null references code_account,
    at timestamptz not null,
    what text not null,
    actor text not null,
    channel text not null
);
create index code_account_event_of on code_account_event (code_account, at);

create trigger code_account_event_is_append_only before update or delete on code_account_event
    for each row execute function refuse_change();

-- A code as it was shown. One that nobody read is thrown away; one that was read stays as evidence.
create table voucher_code (
    id bigint primary key,
    key_no smallint not null,
    person_no text not null references person,
    shown_by text not null references person,
    code_account text references code_account,   -- by which another person shows it
    channel text not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    check ((shown_by = person_no) = (code_account is null))
);
create index voucher_code_expiry on voucher_code (expires_at);

-- A code is read once at an institution; the id is that of the token it got for it.
create table voucher_use (
    id bigint primary key,
    code_id bigint not null references voucher_code,
    institution text not null references institution,
    message_id text not null,     -- the message that used it; a message that was refused used nothing up
    key_no smallint not null,
    at timestamptz not null,
    expires_at timestamptz not null,
    unique (code_id, institution)
);
