create table institution (
    code text primary key,
    region text not null check (region ~ '^\d{6}$'),
    name text not null,
    kind text not null check (kind in ('hospital', 'pharmacy', 'clinic')),
    level text check (level in ('1', '2', '3')),
    grade text check (grade in ('A', 'B')),
    community boolean not null default false,
    designated boolean not null default true,
    checkup boolean not null default false,   -- account money may pay check-ups here (规定体检机构)
    village boolean not null default false,   -- a village clinic (村卫生室)
    top boolean not null default false,       -- special or listed hospital of the third level (三级特等、列名医院)
    credentials jsonb not null default '{}'
);

create table person (
    person_no text primary key,
    region text not null check (region ~ '^\d{6}$'),
    name text not null,
    certificate_type text not null default '01',
    certificate_no text not null unique,
    card_no text not null unique,
    phone text not null default '',
    gender text not null check (gender in ('1', '2', '9')),
    birth_date date not null,
    scheme text not null check (scheme in ('employee', 'resident')),
    status text not null check (status in ('active', 'retired', 'child', 'student', 'adult', 'elderly')),
    insurance text not null check (insurance in ('insured', 'suspended', 'ended', 'none')),
    insured_since date,
    suspended_on date,
    retired_on date,
    died_on date,
    gp_signed boolean not null default false,
    missing_years smallint not null default 0 check (missing_years >= 0),
    -- Figures of the premiums that stand, beside the row so that a bill reads them with the person.
    repaid_years smallint not null default 0 check (repaid_years between 0 and missing_years),
    covered date[],               -- first and last day of each span that is paid for, in turn; null where none is
    -- Moves between pooling areas in turn: the first day in the new one, and the one that was left; null where none is.
    moved_on date[],
    moved_from text[],
    employer text not null default '',
    real_name_verified boolean not null default false,
    password_hash text,
    fictitious boolean not null default false,
    check (moved_on is null and moved_from is null or cardinality(moved_on) = cardinality(moved_from)),
    check ((scheme = 'employee') = (status in ('active', 'retired')))
);
