-- Where an institution's messages are not as the specification has them: one row for each place and kind.
create table departure (
    institution text not null references institution,
    transaction text not null,
    node text not null,           -- empty for the envelope
    field text not null,          -- empty for the node itself
    kind text not null,
    label text not null,
    problem text not null,        -- of the latest message
    expected text not null,
    received text not null,       -- never personal
    times bigint not null default 1,
    first_at timestamptz not null,
    last_at timestamptz not null,
    last_message text not null,
    primary key (institution, transaction, node, field, kind)
);
