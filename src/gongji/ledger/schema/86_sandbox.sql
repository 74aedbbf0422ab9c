-- The latest messages of the sandbox's gateway, as they came and as they were answered; production never writes here.
-- No reference to other tables: a message may name an institution that there is none of, and a reset empties the rest.
create table recording (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    microseconds bigint not null,
    institution text not null,    -- this and the next two are empty where the message could not be read
    transaction text not null,
    message_id text not null,
    outcome text not null check (outcome in ('done', 'refused', 'unknown', 'rejected')),
    reason text,                  -- of what was not done, for programs
    fault text not null,          -- what was made to go wrong; empty when nothing
    answered boolean not null,    -- whether the answer was let out
    status integer not null,
    content_type text not null,
    request bytea,                -- none when it was too long to be kept
    request_size bigint not null,
    answer bytea,
    answer_size bigint not null,
    replays bigint                -- the recording whose bytes were sent again
);
create index recording_of_institution on recording (institution, id);

-- What goes wrong on purpose for an institution's next messages.
create table injected_fault (
    institution text primary key,
    kind text not null,
    milliseconds bigint not null check (milliseconds >= 0),
    transaction text not null,    -- empty: every transaction
    remaining bigint check (remaining > 0),
    set_at timestamptz not null
);
