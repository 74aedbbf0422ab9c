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
