-- name: password_of
select person_no, password_hash from person where certificate_no = %(login)s or card_no = %(login)s;

-- name: add_session
insert into session (token_hash, person_no, created_at, expires_at)
values (%(token_hash)s, %(person_no)s, %(now)s, %(expires)s);

-- name: session
select person_no from session where token_hash = %(token_hash)s and expires_at > %(now)s;

-- name: end_session
delete from session where token_hash = %(token_hash)s;

-- name: setting
select value from setting where key = %(key)s;

-- name: claim_setting
-- Answers a row to the first only: others wait for the first one's transaction and then find the key taken.
insert into setting (key, value) values (%(key)s, %(value)s) on conflict (key) do nothing returning key;

-- name: put_setting
insert into setting (key, value) values (%(key)s, %(value)s) on conflict (key) do update set value = excluded.value;
