-- The whole schema of today, in the order of the files. A test proves it equal to what the migrations build.
-- Money is bigint fen. The insured region is part of every key of the books, so that they can be spread by region; the
-- ids of visits and settlements begin with it.

-- For tables that are only ever added to.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

-- For statements whose effect must be complete: the transaction fails when it is not. Null expects nothing.
create function expect_count(written bigint, expected bigint) returns bigint language plpgsql as $$
begin
    if written <> expected then
        raise exception '% of % rows were written by another transaction', expected - written, expected
            using errcode = 'serialization_failure';
    end if;
    return written;
end $$;
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
-- Everything the national catalogue files list (13xx): what is charged, and diagnoses, operations and diseases.
create table catalogue_item (
    file text not null,           -- transaction the file is fetched with, such as 1301
    code text collate "C" not null check (code <> ''),
    begins_on date not null default '1900-01-01',
    ends_on date,
    name text not null,
    kind text,                    -- null for what is not charged: diagnoses, operations, diseases
    level text not null default '丙' check (level in ('甲', '乙', '丙')),
    first_self_pay smallint not null default 0 check (first_self_pay between 0 and 10000),
    price_limit bigint check (price_limit >= 0),
    price bigint not null default 0 check (price >= 0),
    unit text not null default '',
    dosage_form text not null default '',
    specification text not null default '',
    restriction text not null default '',
    version text collate "C" not null default '0',
    valid boolean not null default true,
    updated_on date not null,
    line text,                    -- the row as it was delivered; null when it was entered here
    primary key (code, file, begins_on),
    check (ends_on >= begins_on)
);
create index catalogue_item_version on catalogue_item (file, version, code);
create index catalogue_item_priced on catalogue_item (kind, code) where price > 0;

-- What a region decides about an item; null where it says nothing.
create table catalogue_term (
    code text collate "C" not null,
    region text not null check (region ~ '^\d{6}$'),
    scheme text not null default '' check (scheme in ('', 'employee', 'resident')),
    hospital_level text not null default '' check (hospital_level in ('', '1', '2', '3')),
    begins_on date not null default '1900-01-01',
    ends_on date,
    kind text,
    level text check (level in ('甲', '乙', '丙')),
    first_self_pay smallint check (first_self_pay between 0 and 10000),
    price_limit bigint check (price_limit >= 0),
    restriction text,
    updated_on date not null,
    primary key (code, region, scheme, hospital_level, begins_on),
    check (ends_on >= begins_on)
);

-- The level of an item in a region: what the nearest place says, else the item's own.
create function catalogue_level(item text, own text, regions text[], today date) returns text
language sql stable as $$
    select coalesce((
        select t.level from catalogue_term t
        where t.code = item collate "C" and t.level is not null and t.scheme = '' and t.hospital_level = ''
          and t.region = any(regions) and t.begins_on <= today and (t.ends_on is null or t.ends_on >= today)
        order by array_position(regions, t.region), t.begins_on desc
        limit 1), own)
$$;

-- Which files were loaded, and what they changed.
create table catalogue_import (
    id bigint generated always as identity primary key,
    source text not null,         -- name of the file
    sha256 bytea not null,
    file text not null,           -- as in catalogue_item; 'terms' for what regions decide
    rows bigint not null,
    changed bigint not null,
    imported_at timestamptz not null
);
create type account_kind as enum (
    'personal',             -- a person's account, or one segment of it
    'pool',                 -- pooled fund of a region
    'supplementary',        -- fund that pays above the pool's cap
    'institution_payable',  -- what a region owes a designated institution
    'premium_income',       -- where contributions come from, and premiums go to
    'insurer_payable',      -- what a region owes an insurer whose product was bought
    'clearing_payable',     -- what a region owes another region
    'clearing_receivable',  -- what another region owes a region
    'suspense',             -- money whose owner's account is closed
    'family',               -- what a person has moved aside for his family
    'quota_hold',           -- what a person has frozen for one binding
    'wallet',               -- what relatives have given a person
    'wallet_transit',       -- given, and not accepted yet
    'bank'                  -- the money of a region; what went to others is what came in
);

-- Every insured person has at least one personal row: locking it serialises everything that changes his money,
-- his yearly figures, his visits and his bindings. Residents' rows are in state 'none' and stay at zero.
-- People's accounts are rows with a balance, locked before they change. All others are never updated: their balance
-- is the sum of their postings.
create table account (
    region text not null,
    id bigint generated always as identity,
    kind account_kind not null,
    owner text not null,          -- person_no, institution code, or counterpart region
    segment text not null default 'whole' check (segment in ('whole', 'current_year', 'historical')),
    state text not null default 'open' check (state in ('open', 'frozen', 'closed', 'none', 'moved')),
    balance bigint not null default 0 check (balance >= 0),
    binding text not null default '',   -- of a quota: the binding it is frozen for
    primary key (region, id),
    check (state not in ('none', 'moved') or balance = 0),
    check (kind in ('personal', 'family', 'quota_hold', 'wallet') or balance = 0),
    check ((binding <> '') = (kind = 'quota_hold'))
)
-- Room in every page for the next balance: an update then touches no index.
with (fillfactor = 70);
create unique index account_of_owner on account (kind, owner, segment, region, binding);
create index account_by_person on account (owner) where kind in ('personal', 'family', 'quota_hold', 'wallet');
create unique index account_by_id on account (id) include (region, kind);
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
-- What was filed for people: care away from home, special diseases, accidents, chosen institutions. Guarded by the lock on
-- the person's account rows, like his visits.
create sequence filing_no;

create table filing (
    id text primary key,
    region text not null,         -- insured region
    person_no text not null references person,
    subject text not null check (subject in ('away', 'special_disease', 'designated', 'accident')),
    kind text not null default 'none' check (kind in ('none', 'long_term', 'referral', 'emergency', 'temporary')),
    place text not null default '' check (place ~ '^(\d{6})?$'),   -- where care is to be given
    begins_on date not null,
    ends_on date,
    state text not null default 'open' check (state in ('open', 'revoked')),
    reviewed_at timestamptz,      -- by the agency; after that only the agency takes it back
    filed_by text not null,       -- code of the institution, or the channel by which the person filed
    details jsonb not null,       -- the rest as it came
    created_at timestamptz not null,
    revoked_at timestamptz,
    check (ends_on >= begins_on),
    check ((subject = 'away') = (kind <> 'none')),
    check ((state = 'revoked') = (revoked_at is not null))
);
create index filing_of_person on filing (person_no) where state = 'open';

-- What institutions mark a stay with (就医特殊属性).
create table visit_mark (
    id text primary key,
    visit_id text not null references visit,
    kind text not null,
    value text not null,
    memo text not null,
    created_at timestamptz not null
);
create index visit_mark_of on visit_mark (visit_id);
-- A relative's permission to draw on one's account.
create table binding (
    id text primary key,
    authoriser text not null references person,
    user_no text not null references person,
    relation text not null,       -- what the user is to the authoriser
    mode text not null default 'live_call' check (mode in ('live_call', 'family_account', 'quota_hold')),
    term text not null default 'long_term' check (term in ('long_term', 'single_use')),
    position smallint not null check (position > 0),
    state text not null check (state in ('review', 'pending', 'active', 'frozen', 'ended')),
    starts_on date not null,
    ends_on date,
    limits jsonb not null default '{}',   -- what the authoriser allows: amounts in fen, purposes, kinds of place
    proof jsonb not null,         -- notice version, consent time, signature hash, channel
    ended_reason text,
    device text not null default '',      -- hash of the device's own mark, where the channel has one
    created_at timestamptz not null,
    changed_at timestamptz not null,
    check (authoriser <> user_no),
    check (ends_on is null or ends_on >= starts_on),
    check ((state = 'ended') = (ended_reason is not null))
);
create index binding_made on binding (created_at);
create unique index binding_once on binding (authoriser, user_no, mode) where state <> 'ended';
create index binding_of_user on binding (user_no) where state <> 'ended';
create index binding_expiry on binding (ends_on) where state <> 'ended' and ends_on is not null;

-- Each step in the life of a binding; never changed.
create table binding_event (
    no bigint generated always as identity,
    binding_id text not null references binding,
    at timestamptz not null,
    what text not null,
    actor text not null,          -- person, staff/login, or system
    channel text not null,
    clerk text not null default '',       -- login of whoever did it for the actor at a counter
    place text not null default '',       -- the hall or window
    details jsonb not null default '{}'
);
create index binding_event_of on binding_event (binding_id, at);

create trigger binding_event_is_append_only before update or delete on binding_event
    for each row execute function refuse_change();

-- Papers and drawn signatures that prove a binding (证明材料). What a clerk has only seen has no content.
create table binding_paper (
    no bigint generated always as identity,
    id text primary key,
    owner text not null references person,
    kind text not null,
    name text not null default '',
    media_type text,
    content bytea,
    sha256 bytea,
    seen_by text,                 -- login of the clerk who has seen the original
    binding_id text references binding,   -- null until it goes with an application
    created_at timestamptz not null,
    check ((content is null) = (seen_by is not null)),
    check (content is null or sha256 = sha256(content))
);
create index binding_paper_of on binding_paper (binding_id);
create index binding_paper_loose on binding_paper (created_at) where binding_id is null;

-- Who is what to whom, as it was declared: by a binding, or at a counter (亲属关系申报).
create table kinship (
    person_no text not null references person,
    relative_no text not null references person,
    relation text not null,       -- what the relative is to the person
    basis text not null check (basis in ('commitment', 'documents', 'counter')),
    declared_at timestamptz not null,
    declared_by text not null,
    until_on date,                -- last day, such as that of a divorce
    primary key (person_no, relative_no, relation),
    check (person_no <> relative_no)
);
create index kinship_of_relative on kinship (relative_no);

-- What happened to people, as it was reported (人员变动): death, divorce, insurance, cards. Never changed.
create table life_event (
    id bigint generated always as identity primary key,
    person_no text not null references person,
    kind text not null,
    happened_on date not null,
    reported_at timestamptz not null,
    actor text not null,
    channel text not null,
    place text not null default '',
    details jsonb not null default '{}'
);
create unique index life_event_once on life_event (person_no, kind, happened_on);
create unique index life_event_death on life_event (person_no) where kind = 'death';

create trigger life_event_is_append_only before update or delete on life_event
    for each row execute function refuse_change();

-- Cards that were replaced: whoever shows one is its owner, not somebody else.
create table former_card (
    card_no text primary key,
    person_no text not null references person,
    replaced_at timestamptz not null
);

-- What was drawn through a binding on a day of payment and not given back; guarded by the lock on the authoriser's
-- account rows.
create table binding_use (
    binding_id text not null references binding,
    day date not null,
    amount bigint not null check (amount >= 0),
    primary key (binding_id, day)
);
-- What signs e-voucher codes and tokens, for all processes. Codes are signed with the newest key; older keys only check.
create table voucher_key (
    no smallint primary key check (no between 0 and 255),
    secret bytea not null,
    made_at timestamptz not null
);

-- Who may show whose e-voucher code on his own phone (亲情账户). It gives no money: that is a binding.
create table code_account (
    id text primary key,
    holder text not null references person,      -- shows the code
    person_no text not null references person,   -- whose code it is
    relation text not null,                      -- what the person is to the holder
    basis text not null check (basis in ('consent', 'guardian')),
    state text not null check (state in ('pending', 'active', 'ended')),
    asked_at timestamptz not null,
    changed_at timestamptz not null,
    check (holder <> person_no)
);
create unique index code_account_once on code_account (holder, person_no) where state <> 'ended';
create index code_account_of_person on code_account (person_no) where state <> 'ended';

-- Each step of it; never changed.
create table code_account_event (
    code_account text not null references code_account,
    at timestamptz not null,
    what text not null,
    actor text not null,
    channel text not null
);
create index code_account_event_of on code_account_event (code_account, at);

create trigger code_account_event_is_append_only before update or delete on code_account_event
    for each row execute function refuse_change();

-- A code as it was shown. One that nobody read is thrown away; one that was read stays as evidence.
create table voucher_code (
    id bigint primary key,
    key_no smallint not null,
    person_no text not null references person,
    shown_by text not null references person,
    code_account text references code_account,   -- by which another person shows it
    channel text not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    check ((shown_by = person_no) = (code_account is null))
);
create index voucher_code_expiry on voucher_code (expires_at);

-- A code is read once at an institution; the id is that of the token it got for it.
create table voucher_use (
    id bigint primary key,
    code_id bigint not null references voucher_code,
    institution text not null references institution,
    message_id text not null,     -- the message that used it; a message that was refused used nothing up
    key_no smallint not null,
    at timestamptz not null,
    expires_at timestamptz not null,
    unique (code_id, institution)
);
-- Money sent to a relative's wallet: on its way until it is accepted or goes back. Its first journal stands beside it.
create table wallet_transfer (
    id text primary key,
    sender text not null references person,
    receiver text not null references person,
    relation text not null,       -- what the receiver is to the sender
    source text not null check (source in ('account', 'wallet')),
    amount bigint not null check (amount > 0),
    state text not null default 'pending' check (state in ('pending', 'accepted', 'refused', 'returned')),
    sent_at timestamptz not null,
    returns_at timestamptz not null,
    decided_at timestamptz,
    channel text not null,
    booked_on date not null,
    region text not null,
    journal_id bigint not null,
    check (sender <> receiver),
    check (returns_at > sent_at),
    check ((state = 'pending') = (decided_at is null))
);
create index wallet_transfer_due on wallet_transfer (returns_at) where state = 'pending';
create index wallet_transfer_of_sender on wallet_transfer (sender, sent_at);
create index wallet_transfer_of_receiver on wallet_transfer (receiver, sent_at);

create trigger wallet_transfer_is_decided_once before update on wallet_transfer
    for each row when (old.state <> 'pending') execute function refuse_change();
create trigger wallet_transfer_stays before delete on wallet_transfer
    for each row execute function refuse_change();
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
create table journal (
    booked_on date not null,
    region text not null,
    id bigint not null,
    kind text not null check (kind in ('credit', 'settlement', 'reversal', 'partial_return', 'set_aside',
                                       'given_back', 'transfer',
                                       'transfer_accepted', 'transfer_returned', 'premium', 'premium_refund',
                                       'moved', 'clearing', 'correction')),
    booked_at timestamptz not null,
    sender text not null,
    message_id text not null,
    reverses bigint,
    document_hash bytea not null,
    lane smallint not null,
    seal_no bigint not null,
    primary key (region, booked_on, id)
) partition by range (booked_on);
create index journal_of_seal on journal (lane, seal_no);

-- What a journal was about, as JSON, where it is not a settlement: settlements keep their own documents.
create table journal_document (
    booked_on date not null,
    region text not null,
    journal_id bigint not null,
    document bytea not null,
    primary key (region, booked_on, journal_id)
) partition by range (booked_on);

create trigger journal_document_is_append_only before update or delete on journal_document
    for each row execute function refuse_change();

create table posting (
    booked_on date not null,
    region text not null,
    journal_id bigint not null,
    line smallint not null,
    from_account bigint not null,
    to_account bigint not null,
    amount bigint not null check (amount > 0),
    purpose text not null,
    primary key (region, booked_on, journal_id, line),
    check (from_account <> to_account)
) partition by range (booked_on);
create index posting_from on posting (from_account, booked_on);
create index posting_to on posting (to_account, booked_on);

create sequence journal_id;
create sequence visit_id;

-- One chain of seals a writer ("lane"): each seal is a hash over its batch's journals and the seal before it.
create table seal (
    lane smallint not null,
    no bigint not null,
    journals integer not null check (journals > 0),
    previous bytea not null,
    hash bytea not null,
    sealed_at timestamptz not null,
    primary key (lane, no)
);

-- Makes the monthly partitions that are missing between two days.
create function ensure_months(first_day date, last_day date) returns void language plpgsql as $$
declare
    month date := date_trunc('month', first_day);
    parent text;
    child text;
begin
    while month <= last_day loop
        foreach parent in array array['settlement', 'journal', 'journal_document', 'posting'] loop
            child := parent || to_char(month, '_YYYY_MM');
            if to_regclass(child) is null then
                execute format('create table %I partition of %I for values from (%L) to (%L)',
                               child, parent, month, month + interval '1 month');
            end if;
        end loop;
        month := month + interval '1 month';
    end loop;
end $$;

create trigger journal_is_append_only before update or delete on journal
    for each row execute function refuse_change();

create trigger posting_is_append_only before update or delete on posting
    for each row execute function refuse_change();

create trigger seal_is_append_only before update or delete on seal
    for each row execute function refuse_change();
-- One row for each message that changed something, was refused, or was taken back before it came: the sender's key,
-- the hash of its content, and what became of it. Read when the patient's accounts are locked, written with the rest.
create table message (
    sender text not null,
    message_id text not null,
    transaction text not null,
    input_hash bytea not null,
    outcome text not null check (outcome in ('done', 'refused', 'void')),
    settlement_id text,
    answer bytea not null,        -- JSON to answer again; empty for a settlement, the refusal's code for a refusal
    unknown jsonb,                -- fields the sender added, kept as they came
    received_at timestamptz not null,
    primary key (sender, message_id)
);

-- For what came lately; rows come in the order of time.
create index message_by_time on message using brin (received_at) with (autosummarize = on);

create table sign_in (
    sign_no text primary key,
    institution text not null references institution,
    operator text not null,
    signed_in_at timestamptz not null,
    signed_out_at timestamptz
);

create table setting (
    key text primary key,
    value text not null
);

-- Nonces of signed requests, as hashes, until a repeat would be refused by its time anyway.
create table gateway_nonce (
    key bytea primary key,
    until timestamptz not null
);
-- Who signs in and how: people, and those who work at the agency. Secrets are kept as hashes only.
create table session (
    token_hash bytea primary key,
    id text not null unique,      -- by which the person ends it; worth nothing as a token
    person_no text not null references person,
    device text not null,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null
);

create index session_of_person on session (person_no);

-- The password of these people was given to them: they must choose their own before anything else.
create table issued_password (
    person_no text primary key references person,
    issued_at timestamptz not null
);

create table one_time_code (
    person_no text not null references person,
    purpose text not null check (purpose in ('sign_in', 'reset_password')),
    code_hash bytea not null,
    tries smallint not null default 0,
    expires_at timestamptz not null,
    primary key (person_no, purpose)
);

create table staff (
    login text primary key check (login ~ '^[a-z][a-z0-9_.-]{1,30}$'),
    name text not null,
    role text not null check (role in ('clerk', 'reviewer', 'auditor', 'admin')),
    region text check (region ~ '^\d{6}$'),
    password_hash text not null,
    totp_secret text not null,
    totp_step bigint not null default 0,    -- of the last code taken: a code is good once
    created_at timestamptz not null,
    disabled_at timestamptz
);

create table staff_session (
    token_hash bytea primary key,
    login text not null references staff,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

-- How often something happened in a window of time, for all processes together. The key is a hash, so that nobody's
-- number stands here. What a crash of the server loses is at most one window.
create unlogged table throttle (
    key bytea primary key,
    count integer not null,
    until timestamptz not null
);
-- Third-party channels: who they are, what each person lets them see, and what they saw. Secrets are kept as hashes only.
create table oauth_client (
    id text primary key,
    name text not null,
    secret_hash bytea,            -- null: a program on people's own devices, which can keep no secret
    redirect_uris text[] not null,
    scopes text[] not null,
    institution text references institution,    -- acts for itself in the name of this institution
    created_at timestamptz not null,
    disabled_at timestamptz,
    check ((institution is null) = (cardinality(redirect_uris) > 0)),
    check (institution is null or secret_hash is not null)
);

create table oauth_grant (
    id text primary key,
    client_id text not null references oauth_client,
    person_no text not null references person,
    scopes text[] not null,
    granted_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_why text check (revoked_why in ('person', 'client', 'replaced', 'reused')),
    check ((revoked_at is null) = (revoked_why is null))
);

create unique index oauth_grant_live on oauth_grant (person_no, client_id) where revoked_at is null;
create index oauth_grant_of_person on oauth_grant (person_no, granted_at);

create table oauth_code (
    code_hash bytea primary key,
    grant_id text not null references oauth_grant,
    redirect_uri text not null,
    challenge text not null,
    expires_at timestamptz not null,
    used_at timestamptz
);

create table oauth_token (
    token_hash bytea primary key,
    kind text not null check (kind in ('access', 'refresh')),
    client_id text not null references oauth_client,
    grant_id text references oauth_grant,       -- null: the client acts for itself
    scopes text[] not null,
    expires_at timestamptz not null,
    used_at timestamptz,          -- of a refresh token that was exchanged for the next one
    revoked_at timestamptz
);

create table oauth_access (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    client_id text not null references oauth_client,
    person_no text not null references person,
    grant_id text not null references oauth_grant,
    what text not null,           -- method and route, without anybody's number
    scope text,
    allowed boolean not null
);

create index oauth_access_of_person on oauth_access (person_no, id);

create trigger oauth_access_is_append_only before update or delete on oauth_access
    for each row execute function refuse_change();
-- What looks like misuse (线索), what was done about it, and every act of staff. All of it is only ever added to.
create table incident (
    id bigint generated always as identity primary key,
    kind text not null,
    key text not null default '', -- the same misuse has the same key; empty: each is a new one
    at timestamptz not null,
    region text not null,         -- who looks into it
    institution text,
    persons text[] not null,
    details jsonb not null default '{}'   -- evidence: ids, amounts, times
);
create unique index incident_once on incident (key) where key <> '';
create index incident_of_region on incident (region, id);
create index incident_told_by on incident ((details ->> 'told_by')) where details ? 'told_by';

-- An incident is open until its latest step says otherwise.
create table incident_step (
    incident_id bigint not null references incident,
    no smallint not null,
    at timestamptz not null,
    state text not null check (state in ('open', 'confirmed', 'dismissed')),
    staff text not null,
    reason text not null,
    fine bigint check (fine >= 0),
    primary key (incident_id, no)
);

-- People whose commitment is not believed any more (失信名单).
create table untrustworthy (
    person_no text not null references person,
    since date not null,
    until_on date,
    incident_id bigint not null references incident,
    primary key (person_no, incident_id)
);

create table staff_act (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    staff text not null,
    what text not null,
    region text not null,
    person_no text,               -- whom it concerns
    about text not null default '',       -- id of the binding or incident
    place text not null default '',
    reason text not null default ''
);
create index staff_act_of_person on staff_act (person_no, id);

create trigger incident_is_append_only before update or delete on incident
    for each row execute function refuse_change();

create trigger incident_step_is_append_only before update or delete on incident_step
    for each row execute function refuse_change();

create trigger staff_act_is_append_only before update or delete on staff_act
    for each row execute function refuse_change();
-- Files that institutions send (9101) or fetch (9102). The content belongs to its hash and is never changed.
create table stored_file (
    number text primary key,      -- what the file is fetched by (文件查询号)
    owner text not null,          -- institution, or 'plc' for what every institution may fetch
    name text not null,
    content bytea not null,
    sha256 bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    check (sha256 = sha256(content))
);
create index stored_file_expiry on stored_file (expires_at);
-- What a person was told about his money, his bindings and his account. ``facts`` holds only what this person may know.
create table notice (
    person_no text not null,
    id bigint generated always as identity,
    kind text not null,
    side text not null check (side in ('authoriser', 'user', 'self')),
    at timestamptz not null,
    about text not null default '',   -- id of the settlement or binding
    facts jsonb not null,
    read_at timestamptz,
    primary key (person_no, id)
);

-- Which kinds a person wants outside the inbox as well. A row is a consent: given, and perhaps taken back.
create table notice_consent (
    person_no text not null references person,
    channel text not null,
    kind text not null,
    given_at timestamptz not null,
    given_through text not null,
    withdrawn_at timestamptz
);
create unique index notice_consent_now on notice_consent (person_no, kind, channel) where withdrawn_at is null;

-- What is to be told to the world outside, written with the business and delivered afterwards, at least once.
-- A deliverer takes a row by moving its ``due_at`` to the end of a lease; whoever dies leaves it to be taken again.
create table outbox (
    id uuid primary key default gen_random_uuid(),   -- the receiver sees it with every attempt
    kind text not null,               -- who handles it
    channel text not null,
    recipient text not null default '',
    payload jsonb not null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    attempts smallint not null default 0,
    due_at timestamptz not null,
    expires_at timestamptz,           -- after it the content is worthless, and is forgotten
    created_at timestamptz not null,
    finished_at timestamptz,
    error text                        -- a short reason, never content
);
create index outbox_due on outbox (due_at) where state = 'waiting';
create index outbox_dead on outbox (created_at, id) where state = 'dead';
create index outbox_finished on outbox (finished_at) where state = 'delivered';

-- Where the sandbox keeps what would have been sent.
create table sandbox_message (
    id bigint generated always as identity primary key,
    delivery uuid not null unique,
    channel text not null,
    kind text not null,
    address text not null,
    text text not null,
    at timestamptz not null
);
-- What institutions tell about themselves: departments, staff, how their own items match the catalogue.
create table department (
    institution text not null references institution,
    code text not null,           -- the institution's own (医院科室编码)
    name text not null,
    begins_on date not null,
    state text not null default 'open' check (state in ('open', 'revoked')),
    details jsonb not null,       -- the rest as it came
    changed_at timestamptz not null,
    primary key (institution, code)
);

create table practitioner (
    code text primary key,        -- national (执业人员代码)
    institution text not null references institution,
    kind text not null check (kind in ('1', '2', '3', '4')),  -- 医师、护士、药师、医技人员
    name text not null,
    certificate_type text not null default '01',
    certificate_no text not null,
    insurance_doctor boolean not null default false,
    begins_on date not null,
    ends_on date,
    check (ends_on is null or ends_on >= begins_on)
);
create index practitioner_of on practitioner (institution, kind);

create table catalogue_match (
    institution text not null references institution,
    own_code text not null,       -- the institution's own (定点医药机构目录编号)
    list_type text not null,
    item text not null,           -- the catalogue's
    own_name text not null,
    begins_on date not null,
    ends_on date,
    details jsonb not null,
    changed_at timestamptz not null,
    primary key (institution, own_code, list_type, item)
);
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
-- Settlement lists (医疗保障基金结算清单), one for a settlement, and care that people paid for themselves.
create sequence settlement_list_id maxvalue 999999999;

create table settlement_list (
    settlement_id text primary key,
    serial text not null unique,  -- nine digits (清单流水号)
    institution text not null references institution,
    person_no text not null references person,
    state text not null check (state in ('0', '1', '2', '3')),  -- 暂存、已提交、审核通过、审核不通过
    settled_on date not null,
    document jsonb not null,      -- as it came
    findings jsonb not null,      -- what the quality check found
    uploaded_at timestamptz not null
);
create index settlement_list_of on settlement_list (institution, settled_on);

create table self_paid_care (
    institution text not null references institution,
    visit text not null,          -- the institution's own (就诊事件ID)
    document jsonb not null,
    certificate_no text not null,
    total bigint not null check (total >= 0),
    stated bigint,                -- total of the latest check (4262)
    uploaded_at timestamptz not null,
    checked_at timestamptz,
    primary key (institution, visit)
);
-- Where an institution's messages are not as the specification has them: one row for each place and kind.
create table departure (
    institution text not null references institution,
    transaction text not null,
    node text not null,           -- empty for the envelope
    field text not null,          -- empty for the node itself
    kind text not null,
    label text not null,
    problem text not null,        -- of the latest message
    expected text not null,
    received text not null,       -- never personal
    times bigint not null default 1,
    first_at timestamptz not null,
    last_at timestamptz not null,
    last_message text not null,
    primary key (institution, transaction, node, field, kind)
);
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
