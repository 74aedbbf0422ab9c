-- name: newest_voucher_key
select no, secret, made_at from voucher_key order by made_at desc, no desc limit 1;

-- name: voucher_key
select secret from voucher_key where no = %(no)s;

-- name: add_voucher_key
insert into voucher_key (no, secret, made_at) values (%(no)s, %(secret)s, %(at)s) on conflict (no) do nothing;

-- name: sweep_voucher_keys
delete from voucher_key where made_at < %(before)s;

-- name: add_voucher_code
insert into voucher_code (id, key_no, person_no, shown_by, code_account, channel, made_at, expires_at)
values (%(id)s, %(key_no)s, %(person_no)s, %(shown_by)s, %(code_account)s, %(channel)s, %(at)s, %(expires)s);

-- name: voucher_code
select c.person_no, c.key_no, c.expires_at, c.shown_by, coalesce(a.state = 'active', true), k.secret
from voucher_code c
join voucher_key k on k.no = c.key_no
left join code_account a on a.id = c.code_account
where c.id = %(id)s;

-- name: voucher_token
select c.person_no, u.key_no, u.expires_at, u.institution, coalesce(a.state = 'active', true), k.secret, c.shown_by
from voucher_use u
join voucher_code c on c.id = u.code_id
join voucher_key k on k.no = u.key_no
left join code_account a on a.id = c.code_account
where u.id = %(id)s;

-- name: voucher_use_at
select u.id, u.message_id, m.outcome
from voucher_use u
left join message m on m.sender = u.institution and m.message_id = u.message_id
where u.code_id = %(code_id)s and u.institution = %(institution)s
for update of u;

-- name: add_voucher_use
insert into voucher_use (id, code_id, institution, message_id, key_no, at, expires_at)
values (%(id)s, %(code_id)s, %(institution)s, %(message_id)s, %(key_no)s, %(at)s, %(expires)s)
on conflict (code_id, institution) do nothing
returning id;

-- name: take_over_voucher_use
update voucher_use set message_id = %(message_id)s where id = %(id)s;

-- name: sweep_voucher_codes
delete from voucher_code c
where expires_at < %(before)s and not exists (select 1 from voucher_use u where u.code_id = c.id);

-- name: add_code_account
insert into code_account (id, holder, person_no, relation, basis, state, asked_at, changed_at)
values (%(id)s, %(holder)s, %(person_no)s, %(relation)s, %(basis)s, %(state)s, %(at)s, %(at)s)
on conflict (holder, person_no) where state <> 'ended' do nothing
returning id;

-- name: code_account
select id, holder, person_no, relation, basis, state, asked_at, changed_at
from code_account where id = %(id)s;

-- name: code_account_for_change
select id, holder, person_no, relation, basis, state, asked_at, changed_at
from code_account where id = %(id)s for update;

-- name: code_accounts_of
select id, holder, person_no, relation, basis, state, asked_at, changed_at
from code_account where %(person_no)s in (holder, person_no) order by asked_at desc, id;

-- name: change_code_account
update code_account set state = %(state)s, basis = %(basis)s, changed_at = %(at)s where id = %(id)s;

-- name: add_code_account_event
insert into code_account_event (code_account, at, what, actor, channel)
values (%(id)s, %(at)s, %(what)s, %(actor)s, %(channel)s);
