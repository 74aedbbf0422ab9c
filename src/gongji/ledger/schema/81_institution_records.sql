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
