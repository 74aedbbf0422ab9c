-- name: institutions
select code, region, name, kind, level, grade, community, designated
from institution where code = any(%(codes)s);

-- name: institution_credentials
select credentials from institution where code = %(code)s;

-- name: catalogue
select code, name, kind, level, first_self_pay, price_limit, price from catalogue_item;

-- name: add_catalogue_items
insert into catalogue_item (code, name, kind, level, first_self_pay, price_limit, price)
values (%(code)s, %(name)s, %(kind)s, %(level)s, %(first_self_pay)s, %(price_limit)s, %(price)s)
on conflict (code) do nothing;

-- name: add_institution
insert into institution (code, region, name, kind, level, grade, community, designated, credentials)
values (%(code)s, %(region)s, %(name)s, %(kind)s, %(level)s, %(grade)s, %(community)s, %(designated)s,
        %(credentials)s)
on conflict (code) do nothing;

-- name: all_institutions
select code, region, name, kind, level, grade, community, designated from institution order by region, code;

-- name: add_sign_in
insert into sign_in (sign_no, institution, operator, signed_in_at)
values (%(sign_no)s, %(institution)s, %(operator)s, %(at)s);

-- name: sign_out
update sign_in set signed_out_at = %(at)s
where sign_no = %(sign_no)s and institution = %(institution)s and signed_out_at is null;
