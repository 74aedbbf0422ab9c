create type account_kind as enum (
    'personal',             -- a person's account, or one segment of it
    'pool',                 -- pooled fund of a region
    'supplementary',        -- fund that pays above the pool's cap
    'institution_payable',  -- what a region owes a designated institution
    'premium_income',       -- where contributions come from
    'clearing_payable',     -- what a region owes another region
    'clearing_receivable',  -- what another region owes a region
    'suspense'              -- money whose owner's account is closed
);

-- Every insured person has at least one personal row: locking it serialises everything that changes his money,
-- his yearly figures, his visits and his bindings. Residents' rows are in state 'none' and stay at zero.
-- Accounts that are not personal are never updated: their balance is the sum of their postings.
create table account (
    region text not null,
    id bigint generated always as identity,
    kind account_kind not null,
    owner text not null,          -- person_no, institution code, or counterpart region
    segment text not null default 'whole' check (segment in ('whole', 'current_year', 'historical')),
    state text not null default 'open' check (state in ('open', 'frozen', 'closed', 'none')),
    balance bigint not null default 0 check (balance >= 0),
    held bigint not null default 0 check (held >= 0 and held <= balance),
    primary key (region, id),
    check (state <> 'none' or balance = 0),
    check (kind = 'personal' or balance = 0)
);
create unique index account_of_owner on account (kind, owner, segment, region);
create unique index account_by_id on account (id) include (region, kind);
