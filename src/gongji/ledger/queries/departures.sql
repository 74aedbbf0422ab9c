-- name: count_departures
insert into departure as d (institution, transaction, node, field, kind, label, problem, expected, received, times,
                            first_at, last_at, last_message)
select %(institution)s, %(transaction)s, f.node, f.field, f.kind, f.label, f.problem, f.expected, f.received, f.times,
       %(now)s, %(now)s, %(message_id)s
from unnest(%(nodes)s::text[], %(fields)s::text[], %(kinds)s::text[], %(labels)s::text[], %(problems)s::text[],
            %(expecteds)s::text[], %(receiveds)s::text[], %(times)s::bigint[])
     as f (node, field, kind, label, problem, expected, received, times)
on conflict (institution, transaction, node, field, kind) do update set
    label = excluded.label, problem = excluded.problem, expected = excluded.expected, received = excluded.received,
    times = d.times + excluded.times, last_at = excluded.last_at, last_message = excluded.last_message;

-- name: forget_departures
-- Names of unknown fields are the sender's: only the latest places are kept.
delete from departure where institution = %(institution)s and (transaction, node, field, kind) in (
    select transaction, node, field, kind from departure where institution = %(institution)s
    order by last_at desc, transaction, node, field, kind offset %(kept)s);

-- name: departures
select transaction, node, field, kind, label, problem, expected, received, times, first_at, last_at, last_message
from departure where institution = %(institution)s order by transaction, node, field, kind;
