-- Clearing (清算): what regions owe each other, and what they pay to institutions. A month that was closed, its
-- statements and its payments are only ever added to.

-- What moved between two regions, as the debtor's books have it: negative where a payment was taken back.
create view clearing_line as
select a.region as debtor, a.owner as creditor, p.booked_on, p.region, p.journal_id, p.line, p.purpose, p.amount, j.kind
from account a
cross join lateral (
    select booked_on, region, journal_id, line, purpose, amount from posting where to_account = a.id
    union all
    select booked_on, region, journal_id, line, purpose, -amount from posting where from_account = a.id
) p
join journal j on (j.region, j.booked_on, j.id) = (p.region, p.booked_on, p.journal_id)
where a.kind = 'clearing_payable' and j.kind <> 'clearing';

-- What a region came to owe an institution: negative where a payment was taken back.
create view institution_line as
select a.owner as institution, a.region as payer, p.booked_on, p.region, p.journal_id, p.line, p.purpose, p.amount, j.kind
from account a
cross join lateral (
    select booked_on, region, journal_id, line, purpose, amount from posting where to_account = a.id
    union all
    select booked_on, region, journal_id, line, purpose, -amount from posting where from_account = a.id
) p
join journal j on (j.region, j.booked_on, j.id) = (p.region, p.booked_on, p.journal_id)
where a.kind = 'institution_payable' and j.kind <> 'clearing';

create table clearing_month (
    month date primary key check (extract(day from month) = 1),
    closed_at timestamptz not null,
    closed_by text not null
);

create table clearing_statement (
    month date not null references clearing_month,
    debtor text not null,         -- region that owes
    creditor text not null,       -- region that is owed
    owed bigint not null check (owed >= 0),
    returned bigint not null check (returned >= 0),
    lines bigint not null check (lines > 0),
    primary key (month, debtor, creditor),
    check (debtor <> creditor)
);

create table clearing_payment (
    month date not null,
    debtor text not null,
    creditor text not null,
    journal_id bigint not null unique,
    booked_on date not null,
    reference text not null,      -- of the bank
    paid_at timestamptz not null,
    paid_by text not null,
    primary key (month, debtor, creditor),
    foreign key (month, debtor, creditor) references clearing_statement
);

create trigger clearing_month_is_append_only before update or delete on clearing_month
    for each row execute function refuse_change();
create trigger clearing_statement_is_append_only before update or delete on clearing_statement
    for each row execute function refuse_change();
create trigger clearing_payment_is_append_only before update or delete on clearing_payment
    for each row execute function refuse_change();

create sequence clearing_application_id;

-- What an institution asks to be paid for a time that is over (清算申请).
create table clearing_application (
    id text primary key,
    institution text not null references institution,
    payer text not null,          -- region that pays: the institution's
    category text not null,       -- in the channel's word
    cares text[] not null,
    month text not null check (month ~ '^\d{6}$'),
    begins_on date not null,
    ends_on date not null check (ends_on >= begins_on),
    total bigint not null,        -- of the bills, then who paid them
    fund bigint not null,
    account bigint not null,
    cash bigint not null,
    stated jsonb not null,        -- what else the institution stated
    state text not null default 'applied' check (state in ('applied', 'withdrawn', 'rejected', 'approved', 'paid')),
    reason text not null default '',
    applied_at timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    journal_id bigint unique,
    booked_on date,
    reference text,
    paid_at timestamptz,
    paid_by text,
    check (total = fund + account + cash),
    check ((state = 'paid') = (journal_id is not null))
);
create index clearing_application_of_institution on clearing_application (institution, ends_on);
