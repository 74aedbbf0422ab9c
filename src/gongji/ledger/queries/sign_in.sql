-- name: password_of
select p.person_no, p.password_hash from person p
where p.certificate_no = %(login)s or p.card_no = %(login)s or p.person_no = %(login)s;

-- name: password_of_person
select password_hash from person where person_no = %(person_no)s for no key update;

-- name: set_password
update person set password_hash = %(hash)s where person_no = %(person_no)s;

-- name: issue_password
insert into issued_password (person_no, issued_at) values (%(person_no)s, %(now)s)
on conflict (person_no) do update set issued_at = excluded.issued_at;

-- name: own_password_chosen
delete from issued_password where person_no = %(person_no)s;

-- name: add_session
insert into session (token_hash, id, person_no, device, created_at, seen_at, expires_at)
values (%(token_hash)s, %(id)s, %(person_no)s, %(device)s, %(now)s, %(now)s, %(expires)s);

-- name: session
select s.person_no, s.id, s.seen_at, exists (select from issued_password i where i.person_no = s.person_no),
       p.name, p.region, p.real_name_verified
from session s join person p on p.person_no = s.person_no
where s.token_hash = %(token_hash)s and s.expires_at > %(now)s;

-- name: session_seen
update session set seen_at = %(now)s where token_hash = %(token_hash)s;

-- name: end_session
delete from session where token_hash = %(token_hash)s;

-- name: sessions_of_person
select id, device, created_at, seen_at, expires_at from session
where person_no = %(person_no)s and expires_at > %(now)s order by seen_at desc, id;

-- name: end_session_of_person
delete from session where person_no = %(person_no)s and id = %(id)s returning id;

-- name: end_sessions_of_person
delete from session where person_no = %(person_no)s and id <> %(but)s returning id;

-- name: put_code
insert into one_time_code (person_no, purpose, code_hash, expires_at)
values (%(person_no)s, %(purpose)s, %(code_hash)s, %(expires)s)
on conflict (person_no, purpose) do update
set code_hash = excluded.code_hash, tries = 0, expires_at = excluded.expires_at;

-- name: try_code
update one_time_code set tries = tries + 1
where person_no = %(person_no)s and purpose = %(purpose)s and expires_at > %(now)s
returning code_hash, tries;

-- name: drop_code
delete from one_time_code where person_no = %(person_no)s and purpose = %(purpose)s;

-- name: count_try
insert into throttle as t (key, count, until) values (%(key)s, 1, %(until)s)
on conflict (key) do update set
    count = case when t.until <= %(now)s then 1 else t.count + 1 end,
    until = case when t.until <= %(now)s then excluded.until else t.until end
returning count, until;

-- name: tries
select count from throttle where key = %(key)s and until > %(now)s;

-- name: forget_tries
delete from throttle where key = %(key)s;

-- name: add_staff
insert into staff (login, name, role, region, password_hash, totp_secret, created_at)
values (%(login)s, %(name)s, %(role)s, %(region)s, %(password_hash)s, %(totp_secret)s, %(now)s)
on conflict (login) do nothing returning login;

-- name: staff
select login, name, role, region, created_at, disabled_at from staff order by login;

-- name: staff_secrets
select login, name, role, region, password_hash, totp_secret, totp_step from staff
where login = %(login)s and disabled_at is null for no key update;

-- name: use_totp
update staff set totp_step = %(step)s where login = %(login)s and totp_step < %(step)s returning login;

-- name: disable_staff
update staff set disabled_at = coalesce(disabled_at, %(now)s) where login = %(login)s returning login;

-- name: add_staff_session
insert into staff_session (token_hash, login, created_at, expires_at)
values (%(token_hash)s, %(login)s, %(now)s, %(expires)s);

-- name: staff_session
select s.login, s.name, s.role, s.region
from staff_session t join staff s using (login)
where t.token_hash = %(token_hash)s and t.expires_at > %(now)s and s.disabled_at is null;

-- name: end_staff_session
delete from staff_session where token_hash = %(token_hash)s;

-- name: sweep_sessions
delete from session where expires_at <= %(now)s;

-- name: sweep_staff_sessions
delete from staff_session where expires_at <= %(now)s;

-- name: sweep_codes
delete from one_time_code where expires_at <= %(now)s;

-- name: sweep_throttle
delete from throttle where until <= %(now)s;
