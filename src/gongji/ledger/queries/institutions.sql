-- name: institutions
select code, region, name, kind, level, grade, community, designated, checkup, village, top
from institution where code = any(%(codes)s);

-- name: registered_institutions
select code, region, name, kind, level, grade, community, designated, checkup, village, top, credentials
from institution where code = any(%(codes)s);

-- name: institution_credentials
select credentials from institution where code = %(code)s;

-- name: add_institution
insert into institution (code, region, name, kind, level, grade, community, designated, credentials)
values (%(code)s, %(region)s, %(name)s, %(kind)s, %(level)s, %(grade)s, %(community)s, %(designated)s,
        %(credentials)s)
on conflict (code) do nothing;

-- name: mark_institution
update institution set checkup = %(checkup)s, village = %(village)s, top = %(top)s where code = %(code)s;

-- name: all_institutions
select code, region, name, kind, level, grade, community, designated, checkup, village, top
from institution order by region, code;

-- name: add_sign_in
insert into sign_in (sign_no, institution, operator, signed_in_at)
values (%(sign_no)s, %(institution)s, %(operator)s, %(at)s);

-- name: sign_out
update sign_in set signed_out_at = %(at)s
where sign_no = %(sign_no)s and institution = %(institution)s and signed_out_at is null;
