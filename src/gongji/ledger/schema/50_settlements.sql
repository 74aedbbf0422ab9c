-- Yearly figures of a person by kind of benefit; guarded by the lock on the person's account rows.
create table year_total (
    region text not null,
    person_no text not null,
    year smallint not null,
    benefit text not null,
    deductible bigint not null default 0,
    eligible bigint not null default 0,
    pool bigint not null default 0,
    events integer not null default 0,
    primary key (person_no, year, benefit, region)
)
with (fillfactor = 80);

create table settlement (
    booked_on date not null,
    region text not null,
    journal_id bigint not null,   -- with region and day it makes the settlement's public id
    visit_id text not null,
    batch text not null,
    person_no text not null,
    institution text not null,
    message_id text not null,
    care text not null,
    reverses text,                -- id of the settlement this one takes back
    replaces text,                -- id of the settlement in whose place it stands after a return; amounts are differences
    settled_at timestamptz not null,
    total bigint not null,
    pool bigint not null,
    supplementary bigint not null,
    own bigint not null,
    shared bigint not null,
    cash bigint not null,
    balance_after bigint not null,
    document bytea not null,      -- the whole settlement with inputs, split and reasons, as JSON
    primary key (region, booked_on, journal_id),
    check (total = pool + supplementary + own + shared + cash),
    check (reverses is null or replaces is null)
) partition by range (booked_on);
-- Amounts of a settlement as if only that had been settled. Those of a return are differences in its row: summed with
-- what it replaces, back to the first, they are the amounts of the rest.
create function amounts_as_settled(id text)
returns table (total bigint, fund bigint, own bigint, shared bigint, cash bigint) language sql stable strict as $$
    with recursive part as (
        select s.replaces, s.total, s.pool + s.supplementary as fund, s.own, s.shared, s.cash
        from settlement s
        where (s.region, s.booked_on, s.journal_id)
            = (substr(id, 1, 6), to_date(substr(id, 7, 8), 'YYYYMMDD'), substr(id, 15)::bigint)
        union all
        select s.replaces, s.total, s.pool + s.supplementary, s.own, s.shared, s.cash
        from part p join settlement s
            on (s.region, s.booked_on, s.journal_id)
             = (substr(p.replaces, 1, 6), to_date(substr(p.replaces, 7, 8), 'YYYYMMDD'), substr(p.replaces, 15)::bigint)
    )
    select sum(total)::bigint, sum(fund)::bigint, sum(own)::bigint, sum(shared)::bigint, sum(cash)::bigint from part
$$;
create index settlement_of_person on settlement (person_no, settled_at);
-- For everything of a day, such as an institution's reconciliation. Rows come in the order of time, so a block index is
-- enough and costs a settlement next to nothing.
create index settlement_by_day on settlement using brin (booked_on) with (autosummarize = on);

-- Sources that settlements' reasons name, each once; the key is a hash over the body.
create table citation (
    key text primary key,
    body jsonb not null
);

-- What has been settled and not taken back, and what has been taken back: one row each, so that neither happens twice.
create table settled_batch (
    visit_id text not null,
    batch text not null,
    settlement_id text not null,
    primary key (visit_id, batch)
);
create table reversal (
    settlement_id text primary key,
    reversed_by text not null unique
);

create trigger settlement_is_append_only before update or delete on settlement
    for each row execute function refuse_change();

create trigger reversal_is_append_only before update or delete on reversal
    for each row execute function refuse_change();

create trigger citation_is_append_only before update or delete on citation
    for each row execute function refuse_change();
