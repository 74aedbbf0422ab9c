-- name: add_department
insert into department as d (institution, code, name, begins_on, details, changed_at)
values (%(institution)s, %(code)s, %(name)s, %(begins_on)s, %(details)s, %(now)s)
on conflict (institution, code) do update set
    name = excluded.name, begins_on = excluded.begins_on, details = excluded.details, state = 'open',
    changed_at = excluded.changed_at
where d.state = 'revoked'
returning 1;

-- name: change_department
update department set name = %(name)s, begins_on = %(begins_on)s, details = details || %(details)s, changed_at = %(now)s
where institution = %(institution)s and code = %(code)s and state = 'open';

-- name: revoke_department
update department set state = 'revoked', changed_at = %(now)s
where institution = %(institution)s and code = %(code)s and state = 'open';

-- name: departments
select details from department where institution = %(institution)s and state = 'open' order by code;

-- name: add_practitioner
insert into practitioner (code, institution, kind, name, certificate_type, certificate_no, insurance_doctor, begins_on,
                          ends_on)
values (%(code)s, %(institution)s, %(kind)s, %(name)s, %(certificate_type)s, %(certificate_no)s, %(insurance_doctor)s,
        %(begins_on)s, %(ends_on)s)
on conflict (code) do nothing;

-- name: practitioners
select code, kind, name, certificate_type, certificate_no, insurance_doctor, begins_on, ends_on from practitioner
where institution = %(institution)s and kind = %(kind)s
  and (%(code)s::text is null or code = %(code)s) and (%(name)s::text is null or name = %(name)s)
  and (%(certificate_no)s::text is null or certificate_no = %(certificate_no)s)
order by code;

-- name: put_match
insert into catalogue_match as m (institution, own_code, list_type, item, own_name, begins_on, ends_on, details,
                                  changed_at)
values (%(institution)s, %(own_code)s, %(list_type)s, %(item)s, %(own_name)s, %(begins_on)s, %(ends_on)s, %(details)s,
        %(now)s)
on conflict (institution, own_code, list_type, item) do update set
    own_name = excluded.own_name, begins_on = excluded.begins_on, ends_on = excluded.ends_on,
    details = excluded.details, changed_at = excluded.changed_at;

-- name: drop_match
delete from catalogue_match
where institution = %(institution)s and own_code = %(own_code)s and list_type = %(list_type)s and item = %(item)s;

-- name: match_page
-- A match is valid from the day it was made, also for later care, until its last day is over.
select own_code, own_name, list_type, item, begins_on, ends_on, details, valid, changed_on, count(*) over ()
from (select *, coalesce(ends_on >= %(today)s, true) as valid,
             (changed_at at time zone 'Asia/Shanghai')::date as changed_on
      from catalogue_match where institution = %(institution)s) m
where item between %(low)s and %(high)s
  and (%(own_code)s::text is null or own_code = %(own_code)s)
  and (%(own_name)s::text is null or strpos(own_name, %(own_name)s) > 0)
  and (%(list_type)s::text is null or list_type = %(list_type)s)
  and (%(on)s::date is null or %(on)s between begins_on and coalesce(ends_on, 'infinity'))
  and (%(begins)s::date is null or begins_on >= %(begins)s)
  and (%(valid)s::boolean is null or valid = %(valid)s)
  and changed_on >= %(updated)s
order by own_code, list_type, item
limit %(size)s offset %(skip)s;

-- name: institutions_named
select code, region, name, kind, level, grade, community, designated, checkup, village, top from institution
where name = %(name)s order by code limit 2;
