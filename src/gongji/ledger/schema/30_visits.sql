create table visit (
    id text primary key,
    region text not null,         -- insured region of the patient
    person_no text not null references person,
    institution text not null references institution,
    number text not null,         -- the institution's own visit number
    care text not null check (care in ('outpatient', 'inpatient', 'pharmacy', 'special_disease')),
    began_on date not null,
    ended_on date,                -- day of discharge; an open stay without one is in hospital
    state text not null default 'open' check (state in ('open', 'cancelled')),
    details jsonb not null default '{}',
    created_at timestamptz not null,
    check (ended_on >= began_on),
    check (ended_on is null or care = 'inpatient')
);
create unique index visit_number on visit (institution, number) where state = 'open' and number <> '';
create index visit_of_person on visit (person_no);
-- Nobody is in two hospitals at the same time.
create unique index visit_in_hospital on visit (person_no)
    where care = 'inpatient' and state = 'open' and ended_on is null;

create table fee_line (
    visit_id text not null references visit,
    line_no text not null,
    batch text not null,          -- lines of a stay have none until they are settled
    item text not null,
    amount bigint not null,
    full_self_pay bigint not null,
    over_limit bigint not null,
    first_self_pay bigint not null,
    purpose text,                 -- what the money is for when it is not ordinary care
    returns text,                 -- of a return, which has negative amounts: the line it takes something from
    details jsonb not null,       -- quantity, price and the rest as they came
    sent_with text,               -- the message that uploaded it; null where it came with its settlement
    primary key (visit_id, line_no),
    foreign key (visit_id, returns) references fee_line,
    check (case when returns is null
                then least(full_self_pay, over_limit, first_self_pay) >= 0
                     and full_self_pay + over_limit + first_self_pay <= amount
                else amount <= 0 and greatest(full_self_pay, over_limit, first_self_pay) <= 0
                     and full_self_pay + over_limit + first_self_pay >= amount end),
    check (purpose is null or full_self_pay = amount)
);
