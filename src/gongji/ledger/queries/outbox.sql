-- name: add_letters
insert into outbox (kind, channel, recipient, payload, due_at, expires_at, created_at)
select l.kind, l.channel, l.recipient, l.payload, %(at)s, l.expires_at, %(at)s
from unnest(%(kinds)s::text[], %(channels)s::text[], %(recipients)s::text[], %(payloads)s::jsonb[],
            %(expiries)s::timestamptz[]) as l (kind, channel, recipient, payload, expires_at)
returning id;

-- name: claim_letters
-- Whoever gets a row has it until the lease ends; others skip rows that are being claimed.
update outbox set attempts = attempts + 1, due_at = %(lease)s
where id = any(array(
    select id from outbox where state = 'waiting' and due_at <= %(now)s and kind = any(%(kinds)s::text[])
    order by due_at limit %(most)s for update skip locked))
returning id, kind, channel, recipient, payload, attempts, created_at, expires_at;

-- name: letter_delivered
update outbox set state = 'delivered', finished_at = %(at)s, error = null,
                  payload = case when expires_at is null then payload else '{}' end
where id = %(id)s and state <> 'delivered';

-- name: letter_postponed
update outbox set attempts = attempts - 1, due_at = %(due)s
where id = %(id)s and state = 'waiting' and attempts = %(attempts)s;

-- name: letter_failed
update outbox set due_at = %(due)s, error = %(error)s
where id = %(id)s and state = 'waiting' and attempts = %(attempts)s;

-- name: letter_dead
update outbox set state = 'dead', finished_at = %(at)s, error = %(error)s,
                  payload = case when expires_at <= %(at)s then '{}' else payload end
where id = %(id)s and state = 'waiting' and attempts = %(attempts)s;

-- name: letters
select id, kind, channel, recipient, state, attempts, due_at, created_at, finished_at, error from outbox
where state = any(%(states)s::text[]) order by created_at desc, id limit %(most)s;

-- name: letters_by_state
select state, count(*) from outbox group by state;

-- name: retry_letters
update outbox set state = 'waiting', attempts = 0, due_at = %(at)s, finished_at = null
where state = 'dead' and (expires_at is null or expires_at > %(at)s) and (%(every)s or id = any(%(ids)s::uuid[]))
returning id;

-- name: forget_letters
delete from outbox where id = any(array(
    select id from outbox where state = 'delivered' and finished_at < %(before)s order by finished_at limit 1000));

-- name: add_sandbox_message
insert into sandbox_message (delivery, channel, kind, address, text, at)
values (%(delivery)s, %(channel)s, %(kind)s, %(address)s, %(text)s, %(at)s)
on conflict (delivery) do nothing;

-- name: sandbox_messages
select id, delivery, channel, kind, address, text, at from sandbox_message
where id < %(before)s order by id desc limit %(most)s;
