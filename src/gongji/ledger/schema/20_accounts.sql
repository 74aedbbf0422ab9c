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
