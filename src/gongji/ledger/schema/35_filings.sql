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
