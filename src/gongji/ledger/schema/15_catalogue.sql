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
