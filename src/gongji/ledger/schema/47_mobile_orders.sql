-- Mobile payment (移动支付): a bill that an institution uploads and its patient pays on his phone. The settlement is the
-- same as any other, under the order's id as message id, so however often and by whom it is paid, it is posted once.
create table mobile_order (
    id text primary key,          -- payOrdId
    number bigint not null unique,            -- random; the tokens of the order are made from it
    key_no smallint not null,
    institution text not null references institution,
    org_order text not null,      -- the institution's own order number (medOrgOrd)
    person_no text not null references person,
    visit_id text not null references visit,
    batch text not null,
    care text not null,
    account_use smallint not null,
    total bigint not null check (total > 0),
    declared jsonb not null default '{}',
    state text not null check (state in ('saved', 'paying', 'insured_paid', 'done', 'revoked')),
    consent_id bigint,            -- of the consent that is good now
    consent_until timestamptz,
    consented_through text,
    settlement_id text,
    reversal_id text,
    own_pay bigint not null default 0 check (own_pay >= 0),
    own_pay_returned bigint not null default 0 check (own_pay_returned between 0 and own_pay),
    paid_at timestamptz,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    check ((settlement_id is null) = (paid_at is null)),
    check (reversal_id is null or settlement_id is not null)
);
create unique index mobile_order_once on mobile_order (institution, org_order) where state <> 'revoked';
create index mobile_order_of_person on mobile_order (person_no);

create table mobile_refund (
    institution text not null references institution,
    serial text not null,         -- the institution's own refund number (appRefdSn)
    order_id text not null references mobile_order,
    kind text not null check (kind in ('ALL', 'CASH', 'HI')),
    cash bigint not null check (cash >= 0),
    reversal_id text,
    at timestamptz not null,
    primary key (institution, serial)
);
