create table visit (
    id text primary key,
    region text not null,         -- insured region of the patient
    person_no text not null references person,
    institution text not null references institution,
    number text not null,         -- the institution's own visit number
    care text not null check (care in ('outpatient', 'inpatient', 'pharmacy', 'special_disease')),
    began_on date not null,
    state text not null default 'open' check (state in ('open', 'cancelled')),
    details jsonb not null default '{}',
    created_at timestamptz not null
);
create unique index visit_number on visit (institution, number) where state = 'open' and number <> '';
create index visit_of_person on visit (person_no);

create table fee_line (
    visit_id text not null references visit,
    line_no text not null,
    batch text not null,
    item text not null,
    amount bigint not null check (amount >= 0),
    full_self_pay bigint not null check (full_self_pay >= 0),
    over_limit bigint not null check (over_limit >= 0),
    first_self_pay bigint not null check (first_self_pay >= 0),
    purpose text,                 -- what the money is for when it is not ordinary care
    details jsonb not null,       -- quantity, price and the rest as they came
    uploaded_by text,             -- message that brought it, so that the message can be undone; null: it came with its bill
    primary key (visit_id, line_no),
    check (full_self_pay + over_limit + first_self_pay <= amount),
    check (purpose is null or full_self_pay = amount)
);
