-- name: settled_batches
select s.visit_id, s.batch, s.settlement_id
from unnest(%(visits)s::text[], %(batches)s::text[]) as k (visit_id, batch)
join settled_batch s using (visit_id, batch);

-- name: settlements
select s.document
from unnest(%(days)s::date[], %(regions)s::text[], %(journals)s::bigint[]) as k (booked_on, region, journal_id)
join settlement s using (booked_on, region, journal_id);

-- name: reversals
select settlement_id, reversed_by from reversal where settlement_id = any(%(ids)s);

-- name: is_return
select replaces is not null from settlement where (region, booked_on, journal_id) = (%(region)s, %(day)s, %(journal)s);

-- name: add_settlements
insert into settlement (booked_on, settled_at, region, journal_id, visit_id, batch, person_no, institution, message_id,
                        care, reverses, replaces, total, pool, supplementary, own, shared, cash, balance_after, document)
select %(day)s::date, %(settled_at)s, s.*
from unnest(%(regions)s::text[], %(journals)s::bigint[], %(visits)s::text[], %(batches)s::text[],
            %(person_nos)s::text[], %(institutions)s::text[], %(message_ids)s::text[], %(cares)s::text[],
            %(reverses)s::text[], %(replaces)s::text[], %(totals)s::bigint[], %(pools)s::bigint[], %(supplementaries)s::bigint[],
            %(owns)s::bigint[], %(shareds)s::bigint[], %(cashes)s::bigint[], %(balances)s::bigint[],
            %(documents)s::bytea[]) as s;

-- name: add_settled_batches
insert into settled_batch (visit_id, batch, settlement_id)
select * from unnest(%(visits)s::text[], %(batches)s::text[], %(settlements)s::text[]);

-- name: free_settled_batches
delete from settled_batch where settlement_id = any(%(settlements)s);

-- name: add_reversals
insert into reversal (settlement_id, reversed_by)
select * from unnest(%(settlements)s::text[], %(reversed_by)s::text[]);

-- name: settlements_of_person
-- With the name of the institution, or its code where it is not known any more.
select s.document, coalesce(i.name, s.institution)
from (select document, institution, settled_at, journal_id from settlement
      where person_no = %(person_no)s
        and (%(before)s::timestamptz is null or (settled_at, journal_id) < (%(before)s, %(before_journal)s::bigint))
      order by settled_at desc, journal_id desc limit %(limit)s) s
left join institution i on i.code = s.institution
order by s.settled_at desc, s.journal_id desc;

-- name: add_citations
insert into citation (key, body) select * from unnest(%(keys)s::text[], %(bodies)s::jsonb[])
on conflict (key) do nothing;

-- name: citations
select key, body from citation where key = any(%(keys)s);
