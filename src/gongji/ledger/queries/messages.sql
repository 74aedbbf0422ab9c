-- name: messages
select m.sender, m.message_id, m.transaction, m.input_hash, m.outcome, m.settlement_id, m.answer
from unnest(%(senders)s::text[], %(message_ids)s::text[]) as k (sender, message_id)
join message m using (sender, message_id);

-- name: add_messages
-- A refusal may be followed by a success under the same key; what is done stays as it is.
insert into message as m (sender, message_id, transaction, input_hash, outcome, settlement_id, answer, unknown,
                          received_at)
select m.*, %(received_at)s
from unnest(%(senders)s::text[], %(message_ids)s::text[], %(transactions)s::text[], %(hashes)s::bytea[],
            %(outcomes)s::text[], %(settlements)s::text[], %(answers)s::bytea[], %(unknowns)s::jsonb[]) as m
on conflict (sender, message_id) do update set
    transaction = excluded.transaction, input_hash = excluded.input_hash, outcome = excluded.outcome,
    settlement_id = excluded.settlement_id, answer = excluded.answer, unknown = excluded.unknown,
    received_at = excluded.received_at
where m.outcome = 'refused'
returning 1;

-- name: void_message
update message set outcome = 'void', answer = '' where sender = %(sender)s and message_id = %(message_id)s
  and outcome = 'done' and settlement_id is null;

-- name: note_refused_message
insert into message (sender, message_id, transaction, input_hash, outcome, settlement_id, answer, unknown, received_at)
values (%(sender)s, %(message_id)s, %(transaction)s, %(input_hash)s, 'refused', null, %(answer)s, null,
        %(received_at)s)
on conflict do nothing;

-- name: add_incidents
insert into incident (kind, at, institution, persons, details)
values (%(kind)s, %(at)s, %(institution)s, %(persons)s, %(details)s);
