-- Reviews of orders before and during care (事前、事中审核): what was found, and what the institution did about it.
create table item_limit (
    item text primary key,        -- the catalogue's
    max_quantity numeric(16, 4) check (max_quantity > 0),  -- in one order
    gender text check (gender in ('1', '2')),
    min_age smallint check (min_age >= 0),
    max_age smallint check (max_age >= 0),
    diagnoses text[] not null default '{}',  -- the item is paid for only with a diagnosis that begins so
    basis text not null           -- where the limit stands
);

create table review (
    id bigint generated always as identity primary key,
    institution text not null references institution,
    kind text not null check (kind in ('before', 'during')),
    message_id text not null,
    at timestamptz not null,
    orders integer not null
);

create table review_finding (
    id text primary key,          -- what feedback names (违规标识)
    review_id bigint not null references review,
    institution text not null,
    kind text not null,
    rule text not null,
    severity text not null,
    amount bigint not null check (amount >= 0),
    content text not null,        -- without name or number of the patient
    visit text not null,
    orders text[] not null,
    handling text check (handling in ('continued', 'changed')),
    handling_reason text,
    handled_at timestamptz
);
create index review_finding_of on review_finding (review_id);
