-- name: setting
select value from setting where key = %(key)s;

-- name: claim_setting
-- Answers a row to the first only: others wait for the first one's transaction and then find the key taken.
insert into setting (key, value) values (%(key)s, %(value)s) on conflict (key) do nothing returning key;

-- name: put_setting
insert into setting (key, value) values (%(key)s, %(value)s) on conflict (key) do update set value = excluded.value;
