-- Figures as an agency entered them when they were published; the newest of a key counts.
create table premium_standard (
    id bigint generated always as identity primary key,
    region text not null check (region ~ '^\d{6}$'),
    kind text not null,
    year smallint not null,
    status text not null default '',    -- kind of people it is for; empty for everybody
    product text not null default '',
    name text not null default '',
    amount bigint not null check (amount > 0),
    opens_on date,
    closes_on date,
    source text not null check (source <> ''),
    entered_by text not null,
    entered_at timestamptz not null,
    check (closes_on >= opens_on)
);
create index premium_standard_of on premium_standard (region, kind, year);

create trigger premium_standard_is_append_only before update or delete on premium_standard
    for each row execute function refuse_change();

-- Premiums paid and given back; with region and day the journal makes the public id.
create table premium (
    booked_on date not null,
    region text not null,         -- where the person was insured
    journal_id bigint not null,
    person_no text not null references person,
    kind text not null,
    product text not null default '',
    year smallint not null,
    amount bigint not null check (amount > 0),
    covers_from date not null,
    covers_to date not null check (covers_to >= covers_from),
    paid_by text not null,
    paid_at timestamptz not null,
    refunds text unique,          -- id of the payment this one gives back
    primary key (region, booked_on, journal_id)
);
create index premium_of_person on premium (person_no, paid_at);

create table premium_part (
    booked_on date not null,
    region text not null,
    journal_id bigint not null,
    place smallint not null,      -- order of payment
    payer text not null references person,
    binding text not null default '',
    amount bigint not null check (amount > 0),
    primary key (region, booked_on, journal_id, place),
    foreign key (region, booked_on, journal_id) references premium
);
create index premium_part_of_payer on premium_part (payer);

-- What is paid and not given back: one row each, so that nothing is paid twice.
create table premium_paid (
    person_no text not null,
    kind text not null,
    product text not null,
    year smallint not null,
    premium_id text not null unique,
    covers_from date not null,
    covers_to date not null,
    primary key (person_no, kind, product, year)
);

create trigger premium_is_append_only before update or delete on premium
    for each row execute function refuse_change();

create trigger premium_part_is_append_only before update or delete on premium_part
    for each row execute function refuse_change();

-- The spans and years that a person's standing premiums give.
create function premium_cover(whose text, out covered date[], out repaid_years smallint) language sql stable as $$
    select array_agg(day order by p.covers_from, p.kind, day) filter (where p.kind in ('resident_premium',
                                                                                       'employee_premium')),
           (count(*) filter (where p.kind = 'missing_years' and place = 1))::smallint
    from premium_paid p cross join lateral (values (p.covers_from, 1), (p.covers_to, 2)) as d (day, place)
    where p.person_no = whose
$$;
