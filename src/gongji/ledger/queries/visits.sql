-- name: visits
select id, region, person_no, institution, number, care, began_on, state
from visit where id = any(%(ids)s);

-- name: batch_totals
-- A row for each purpose of a batch; ordinary care has none.
select f.visit_id, f.batch, f.purpose, count(*), sum(f.amount)::bigint, sum(f.full_self_pay)::bigint,
       sum(f.over_limit)::bigint, sum(f.first_self_pay)::bigint
from unnest(%(visits)s::text[], %(batches)s::text[]) as k (visit_id, batch)
join fee_line f using (visit_id, batch)
group by f.visit_id, f.batch, f.purpose;

-- name: next_visit_ids
select nextval('visit_id') from generate_series(1, %(count)s);

-- name: add_visits
insert into visit (id, region, person_no, institution, number, care, began_on, details, created_at)
select * from unnest(%(ids)s::text[], %(regions)s::text[], %(person_nos)s::text[], %(institutions)s::text[],
                     %(numbers)s::text[], %(cares)s::text[], %(began)s::date[], %(details)s::jsonb[],
                     %(created_at)s::timestamptz[]);

-- name: add_fee_lines
insert into fee_line (visit_id, line_no, batch, item, amount, full_self_pay, over_limit, first_self_pay, purpose,
                      details, uploaded_by)
select *, %(uploaded_by)s::text from unnest(%(visits)s::text[], %(line_nos)s::text[], %(batches)s::text[], %(items)s::text[],
                     %(amounts)s::bigint[], %(full)s::bigint[], %(over)s::bigint[], %(first)s::bigint[],
                     %(purposes)s::text[], %(details)s::jsonb[]);

-- name: visit_of_number
select id, person_no from visit where institution = %(institution)s and number = %(number)s and state = 'open';

-- name: cancel_visit
update visit set state = 'cancelled' where id = %(visit)s;

-- name: describe_visit
update visit set care = coalesce(%(care)s, care), details = details || %(details)s where id = %(visit)s;

-- name: fee_lines_present
select line_no from fee_line where visit_id = %(visit)s and line_no = any(%(line_nos)s);

-- name: visit_has
select exists (select 1 from settled_batch where visit_id = %(visit)s),
       exists (select 1 from fee_line where visit_id = %(visit)s);

-- name: uploaded_and_settled
-- A batch that is settled and has lines of this message.
select f.batch, s.settlement_id from fee_line f join settled_batch s using (visit_id, batch)
where f.visit_id = any(%(visits)s) and f.uploaded_by = %(message_id)s limit 1;

-- name: drop_uploaded
delete from fee_line where visit_id = any(%(visits)s) and uploaded_by = %(message_id)s;

-- name: drop_fee_lines
-- Lines of a settled batch stay; '0000' names every batch that is not settled.
delete from fee_line f
where f.visit_id = %(visit)s and (f.batch = %(batch)s or %(batch)s = '0000')
  and not exists (select 1 from settled_batch s where s.visit_id = f.visit_id and s.batch = f.batch)
returning f.line_no;
