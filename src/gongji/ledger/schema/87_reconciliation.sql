-- What institutions say they hold (对账): the newest word on each settlement, and the times for which a list was whole.
create table holding (
    institution text not null references institution,
    settlement_id text not null,  -- as the institution wrote it
    refund boolean not null,
    visit_id text not null,
    person_no text not null,
    total bigint not null,
    fund bigint not null,
    account bigint not null,
    times integer not null check (times > 0),   -- rows of the list that said so
    from_at timestamptz not null,               -- the time its list was about
    until_at timestamptz not null,
    region text,                                -- and its insured region and kinds of care, where it was of some only
    cares text[],
    stated_at timestamptz not null,
    primary key (institution, settlement_id, refund)
);

create table holding_list (
    id bigint generated always as identity primary key,
    institution text not null references institution,
    from_at timestamptz not null,
    until_at timestamptz not null check (until_at > from_at),
    region text,                  -- of one insured region only
    cares text[],                 -- of these kinds of care only
    stated_at timestamptz not null
);
create index holding_list_of_institution on holding_list (institution, until_at);

-- Answers that could not be given to whoever asked: the connection was gone.
create table undelivered (
    institution text not null,
    message_id text not null,
    at timestamptz not null,
    primary key (institution, message_id)
);
