-- name: add_wallet_transfer
insert into wallet_transfer (id, sender, receiver, relation, source, amount, sent_at, returns_at, channel,
                             booked_on, region, journal_id)
values (%(id)s, %(sender)s, %(receiver)s, %(relation)s, %(source)s, %(amount)s, %(sent_at)s, %(returns_at)s, %(channel)s,
        %(booked_on)s, %(region)s, %(journal)s);

-- name: wallet_transfer
select id, sender, receiver, relation, source, amount, state, sent_at, returns_at, decided_at
from wallet_transfer where id = %(id)s;

-- name: wallet_transfers_of
-- What a person sent and received, newest first.
select id, sender, receiver, relation, source, amount, state, sent_at, returns_at, decided_at
from wallet_transfer
where (sender = %(person_no)s or receiver = %(person_no)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(before)s::timestamptz is null or (sent_at, id) < (%(before)s, %(before_id)s::text))
order by sent_at desc, id desc
limit %(limit)s;

-- name: transfers_sent_since
select count(*) from wallet_transfer where sender = %(sender)s and sent_at >= %(since)s;

-- name: transfers_waiting_for
select count(*) from wallet_transfer where receiver = %(receiver)s and state = 'pending' and returns_at > %(now)s;

-- name: due_transfers
-- Transfers whose time is over, oldest first.
select id, sender from wallet_transfer
where state = 'pending' and returns_at <= %(now)s order by returns_at, id limit %(most)s;

-- name: lock_transfers
-- Those that still wait, in id order; whoever decides one has its people's accounts locked already.
select id, sender, receiver, relation, source, amount, state, sent_at, returns_at, decided_at, journal_id
from wallet_transfer where id = any(%(ids)s) and state = 'pending' order by id for no key update;

-- name: decide_transfers
update wallet_transfer set state = %(state)s, decided_at = %(at)s where id = any(%(ids)s);

-- name: postings_of_transfers
-- What each transfer took from which account.
select t.id, p.from_account, p.amount, t.region
from wallet_transfer t
join posting p on (p.booked_on, p.region, p.journal_id) = (t.booked_on, t.region, t.journal_id)
where t.id = any(%(ids)s)
order by t.id, p.line;
