-- name: setting
select value from setting where key = %(key)s;

-- name: claim_setting
-- Answers a row to the first only: others wait for the first one's transaction and then find the key taken.
insert into setting (key, value) values (%(key)s, %(value)s) on conflict (key) do nothing returning key;

-- name: put_setting
insert into setting (key, value) values (%(key)s, %(value)s) on conflict (key) do update set value = excluded.value;

-- name: commit_without_waiting
set local synchronous_commit = off;

-- name: remember_nonce
insert into gateway_nonce (key, until) values (%(key)s, %(until)s)
on conflict (key) do update set until = excluded.until where gateway_nonce.until <= %(now)s
returning key;

-- name: sweep_nonces
delete from gateway_nonce where until <= %(now)s;

-- name: put_credentials
update institution set credentials = %(credentials)s where code = %(code)s returning code;
