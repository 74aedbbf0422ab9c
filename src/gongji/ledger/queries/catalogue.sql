-- name: catalogue_items_of
-- Items that can be charged, at all times: which of them holds is decided by the day of each line.
select file, code, begins_on, ends_on, name, kind, level, first_self_pay, price_limit, price, unit, dosage_form,
       specification, restriction, version, valid
from catalogue_item where code = any(%(codes)s) and kind is not null;

-- name: catalogue_terms_of
select code, region, scheme, hospital_level, begins_on, ends_on, kind, level, first_self_pay, price_limit, restriction
from catalogue_term where code = any(%(codes)s) and region = any(%(regions)s);

-- name: catalogue_items_priced
-- What the sandbox's cashier sells on a day.
select file, code, begins_on, ends_on, name, kind, level, first_self_pay, price_limit, price, unit, dosage_form,
       specification, restriction, version, valid
from catalogue_item
where price > 0 and kind is not null and valid and begins_on <= %(on)s and (ends_on is null or ends_on >= %(on)s)
order by kind, code
limit %(most)s;

-- name: add_catalogue_items
insert into catalogue_item (file, code, begins_on, ends_on, name, kind, level, first_self_pay, price_limit, price,
                            unit, dosage_form, specification, restriction, version, valid, updated_on)
select * from unnest(%(file)s::text[], %(code)s::text[], %(begins_on)s::date[], %(ends_on)s::date[], %(name)s::text[],
                     %(kind)s::text[], %(level)s::text[], %(first_self_pay)s::smallint[], %(price_limit)s::bigint[],
                     %(price)s::bigint[], %(unit)s::text[], %(dosage_form)s::text[], %(specification)s::text[],
                     %(restriction)s::text[], %(version)s::text[], %(valid)s::boolean[], %(updated_on)s::date[])
on conflict do nothing;

-- name: add_catalogue_terms
insert into catalogue_term (code, region, scheme, hospital_level, begins_on, ends_on, kind, level, first_self_pay,
                            price_limit, restriction, updated_on)
select * from unnest(%(code)s::text[], %(region)s::text[], %(scheme)s::text[], %(hospital_level)s::text[],
                     %(begins_on)s::date[], %(ends_on)s::date[], %(kind)s::text[], %(level)s::text[],
                     %(first_self_pay)s::smallint[], %(price_limit)s::bigint[], %(restriction)s::text[],
                     %(updated_on)s::date[])
on conflict do nothing;

-- name: stage_items
create temporary table catalogue_stage (
    row_no bigint, file text, code text, begins_on date, ends_on date, name text, kind text, level text, unit text,
    dosage_form text, specification text, restriction text, version text collate "C", valid boolean, line text
) on commit drop;

-- name: stage_terms
create temporary table catalogue_stage (
    row_no bigint, code text, region text, scheme text, hospital_level text, begins_on date, ends_on date, kind text,
    level text, first_self_pay smallint, price_limit bigint, restriction text
) on commit drop;

-- name: drop_repeated_items
-- Of several rows of one item in a file the newest version counts, then the one that stands last.
delete from catalogue_stage s
using (
    select row_no, row_number() over (partition by code, begins_on order by version desc, row_no desc) as place
    from catalogue_stage
) as ranked
where ranked.row_no = s.row_no and ranked.place > 1;

-- name: drop_repeated_terms
delete from catalogue_stage s
using (
    select row_no, row_number() over (
        partition by code, region, scheme, hospital_level, begins_on order by row_no desc) as place
    from catalogue_stage
) as ranked
where ranked.row_no = s.row_no and ranked.place > 1;

-- name: merge_staged_items
insert into catalogue_item as c (file, code, begins_on, ends_on, name, kind, level, unit, dosage_form, specification,
                                 restriction, version, valid, line, updated_on)
select file, code, begins_on, ends_on, name, kind, coalesce(level, '丙'), unit, dosage_form, specification, restriction,
       version, valid, line, %(today)s
from catalogue_stage
on conflict (code, file, begins_on) do update set
    ends_on = excluded.ends_on,
    name = excluded.name,
    -- Files don't carry the kind, and few the level: what is known about an item stays known.
    kind = coalesce(c.kind, excluded.kind),
    level = case when c.file = '1301' then excluded.level else c.level end,
    unit = excluded.unit,
    dosage_form = excluded.dosage_form,
    specification = excluded.specification,
    restriction = excluded.restriction,
    version = excluded.version,
    valid = excluded.valid,
    line = excluded.line,
    updated_on = excluded.updated_on
where excluded.version >= c.version and excluded.line is distinct from c.line;

-- name: merge_staged_terms
insert into catalogue_term as c (code, region, scheme, hospital_level, begins_on, ends_on, kind, level, first_self_pay,
                                 price_limit, restriction, updated_on)
select code, region, scheme, hospital_level, begins_on, ends_on, kind, level, first_self_pay, price_limit, restriction,
       %(today)s
from catalogue_stage
on conflict (code, region, scheme, hospital_level, begins_on) do update set
    ends_on = excluded.ends_on,
    kind = excluded.kind,
    level = excluded.level,
    first_self_pay = excluded.first_self_pay,
    price_limit = excluded.price_limit,
    restriction = excluded.restriction,
    updated_on = excluded.updated_on
where (c.ends_on, c.kind, c.level, c.first_self_pay, c.price_limit, c.restriction)
      is distinct from (excluded.ends_on, excluded.kind, excluded.level, excluded.first_self_pay, excluded.price_limit,
                        excluded.restriction);

-- name: add_catalogue_import
insert into catalogue_import (source, sha256, file, rows, changed, imported_at)
values (%(source)s, %(sha256)s, %(file)s, %(rows)s, %(changed)s, %(now)s);

-- name: catalogue_delivery
-- What an institution lacks: rows above its version, the newest version among them, and whether anything changed since.
select count(*), max(version), (select coalesce(max(id), 0) from catalogue_import)
from catalogue_item where file = %(file)s and version > %(after)s;

-- name: catalogue_rows
select line, code, begins_on, ends_on, name, level, unit, dosage_form, specification, restriction, version, valid,
       updated_on
from catalogue_item where file = %(file)s and version > %(after)s
order by version, code, begins_on;

-- name: catalogue_term_rows
select code, region, scheme, hospital_level, begins_on, ends_on, kind, level, first_self_pay, price_limit, restriction
from catalogue_term order by code, region, scheme, hospital_level, begins_on;

-- name: catalogue_file
-- A file made earlier for the same question, as long as it can be fetched for a while.
select number, name, expires_at from stored_file
where owner = %(owner)s and name = %(name)s and expires_at > %(until)s
order by expires_at desc limit 1;

-- name: catalogue_page
-- Items that can be charged, with the level that a region gives them.
select i.code, i.name, i.kind, catalogue_level(i.code, i.level, %(regions)s, %(today)s), i.restriction, i.begins_on, i.ends_on, i.valid, i.updated_on, i.version, i.unit,
       i.dosage_form, i.specification
from catalogue_item i
where i.code >= %(low)s and i.code <= %(high)s
  and i.kind is not null
  and (%(file)s::text is null or i.file = %(file)s)
  and (%(name)s::text is null or strpos(i.name, %(name)s) > 0)
  and (%(on)s::date is null or (i.begins_on <= %(on)s and (i.ends_on is null or i.ends_on >= %(on)s)))
  and (%(begins)s::date is null or i.begins_on >= %(begins)s)
  and (%(kinds)s::text[] is null or i.kind = any(%(kinds)s))
  and (%(level)s::text is null or catalogue_level(i.code, i.level, %(regions)s, %(today)s) = %(level)s)
  and (%(restricted)s::boolean is null or (i.restriction <> '') = %(restricted)s)
  and (%(valid)s::boolean is null or i.valid = %(valid)s)
  and (%(after)s::text is null or i.version > %(after)s)
  and i.updated_on >= %(updated)s
order by i.code, i.file, i.begins_on
offset %(skip)s limit %(size)s;

-- name: catalogue_page_total
select count(*) from catalogue_item i
where i.code >= %(low)s and i.code <= %(high)s
  and i.kind is not null
  and (%(file)s::text is null or i.file = %(file)s)
  and (%(name)s::text is null or strpos(i.name, %(name)s) > 0)
  and (%(on)s::date is null or (i.begins_on <= %(on)s and (i.ends_on is null or i.ends_on >= %(on)s)))
  and (%(begins)s::date is null or i.begins_on >= %(begins)s)
  and (%(kinds)s::text[] is null or i.kind = any(%(kinds)s))
  and (%(level)s::text is null or catalogue_level(i.code, i.level, %(regions)s, %(today)s) = %(level)s)
  and (%(restricted)s::boolean is null or (i.restriction <> '') = %(restricted)s)
  and (%(valid)s::boolean is null or i.valid = %(valid)s)
  and (%(after)s::text is null or i.version > %(after)s)
  and i.updated_on >= %(updated)s;

-- name: price_limit_page
-- One row a level of institution: what holds for all of them stands there three times.
with stated as (
    select code, %(nation)s::text as region, '' as hospital_level, begins_on, ends_on, price_limit, valid, updated_on
    from catalogue_item where kind is not null and price_limit is not null
    union all
    select code, region, hospital_level, begins_on, ends_on, price_limit, true, updated_on
    from catalogue_term where price_limit is not null and region = any(%(regions)s)
)
select s.code, s.region, l, s.begins_on, s.ends_on, s.price_limit, s.valid, s.updated_on, count(*) over ()
from stated s
cross join lateral unnest(case s.hospital_level when '' then array['1', '2', '3'] else array[s.hospital_level] end) as l
where s.code >= %(low)s and s.code <= %(high)s
  and (%(part)s::text is null or l = %(part)s)
  and (%(on)s::date is null or (s.begins_on <= %(on)s and (s.ends_on is null or s.ends_on >= %(on)s)))
  and (%(begins)s::date is null or s.begins_on >= %(begins)s)
  and (%(ends)s::date is null or s.ends_on <= %(ends)s)
  and (%(valid)s::boolean is null or s.valid = %(valid)s)
  and s.updated_on >= %(updated)s
order by s.code, s.region, l, s.begins_on
offset %(skip)s limit %(size)s;

-- name: first_self_pay_page
-- One row a scheme.
with stated as (
    select code, %(nation)s::text as region, '' as scheme, begins_on, ends_on, first_self_pay, valid, updated_on
    from catalogue_item where kind is not null and level = '乙'
    union all
    select code, region, scheme, begins_on, ends_on, first_self_pay, true, updated_on
    from catalogue_term where first_self_pay is not null and region = any(%(regions)s)
)
select s.code, s.region, p, s.begins_on, s.ends_on, s.first_self_pay, s.valid, s.updated_on, count(*) over ()
from stated s
cross join lateral unnest(case s.scheme when '' then array['employee', 'resident'] else array[s.scheme] end) as p
where s.code >= %(low)s and s.code <= %(high)s
  and (%(part)s::text is null or p = %(part)s)
  and (%(on)s::date is null or (s.begins_on <= %(on)s and (s.ends_on is null or s.ends_on >= %(on)s)))
  and (%(begins)s::date is null or s.begins_on >= %(begins)s)
  and (%(ends)s::date is null or s.ends_on <= %(ends)s)
  and (%(valid)s::boolean is null or s.valid = %(valid)s)
  and s.updated_on >= %(updated)s
order by s.code, s.region, p, s.begins_on
offset %(skip)s limit %(size)s;
