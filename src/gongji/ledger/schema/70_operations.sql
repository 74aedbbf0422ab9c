-- One row for each message that changed something, was refused, or was taken back before it came: the sender's key,
-- the hash of its content, and what became of it. Read when the patient's accounts are locked, written with the rest.
create table message (
    sender text not null,
    message_id text not null,
    transaction text not null,
    input_hash bytea not null,
    outcome text not null check (outcome in ('done', 'refused', 'void')),
    settlement_id text,
    answer bytea not null,        -- JSON to answer again; empty for a settlement, the refusal's code for a refusal
    unknown jsonb,                -- fields the sender added, kept as they came
    received_at timestamptz not null,
    primary key (sender, message_id)
);

-- For what came lately; rows come in the order of time.
create index message_by_time on message using brin (received_at) with (autosummarize = on);

create table sign_in (
    sign_no text primary key,
    institution text not null references institution,
    operator text not null,
    signed_in_at timestamptz not null,
    signed_out_at timestamptz
);

create table setting (
    key text primary key,
    value text not null
);

-- Nonces of signed requests, as hashes, until a repeat would be refused by its time anyway.
create table gateway_nonce (
    key bytea primary key,
    until timestamptz not null
);
