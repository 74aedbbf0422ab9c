-- name: visits
select id, region, person_no, institution, number, care, began_on, state, ended_on
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
                      returns, details, sent_with)
select f.*, %(sent_with)s::text
from unnest(%(visits)s::text[], %(line_nos)s::text[], %(batches)s::text[], %(items)s::text[],
            %(amounts)s::bigint[], %(full)s::bigint[], %(over)s::bigint[], %(first)s::bigint[],
            %(purposes)s::text[], %(returns)s::text[], %(details)s::jsonb[]) as f;

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

-- name: drop_fee_lines
-- Lines of a settled batch stay; '0000' names every batch that is not settled.
delete from fee_line f
where f.visit_id = %(visit)s and (f.batch = %(batch)s or %(batch)s = '0000')
  and not exists (select 1 from settled_batch s where s.visit_id = f.visit_id and s.batch = f.batch)
returning f.line_no;

-- name: open_lines_of_stays
-- A row for each purpose of the lines that no standing settlement holds.
select f.visit_id, '', f.purpose, count(*), sum(f.amount)::bigint, sum(f.full_self_pay)::bigint,
       sum(f.over_limit)::bigint, sum(f.first_self_pay)::bigint
from fee_line f
where f.visit_id = any(%(visits)s)
  and not exists (select 1 from settled_batch s where s.visit_id = f.visit_id and s.batch = f.batch)
group by f.visit_id, f.purpose;

-- name: settled_of_visits
select settlement_id from settled_batch where visit_id = any(%(visits)s);

-- name: put_open_lines_in_batch
update fee_line f set batch = %(batch)s
where f.visit_id = %(visit)s
  and not exists (select 1 from settled_batch s where s.visit_id = f.visit_id and s.batch = f.batch);

-- name: stay_in_hospital
select v.id, v.began_on, v.institution, i.name
from visit v join institution i on i.code = v.institution
where v.person_no = %(person_no)s and v.care = 'inpatient' and v.state = 'open' and v.ended_on is null;

-- name: discharge
update visit set ended_on = %(on)s, details = details || %(details)s where id = %(visit)s;

-- name: undo_discharge
update visit set ended_on = null, details = details - 'dscginfo' where id = %(visit)s;

-- name: change_stay
update visit set began_on = %(began)s, number = %(number)s, details = details || %(details)s where id = %(visit)s;

-- name: fee_lines_named
-- Lines of a visit with what was returned of them, and the settlement that holds them.
select f.line_no, f.batch, f.item, f.amount, f.full_self_pay, f.over_limit, f.first_self_pay, f.purpose, f.returns,
       f.details, s.settlement_id, f.sent_with
from fee_line f
left join settled_batch s on s.visit_id = f.visit_id and s.batch = f.batch
where f.visit_id = %(visit)s and (f.line_no = any(%(line_nos)s) or f.returns = any(%(line_nos)s));

-- name: drop_named_lines
-- With the returns that name them.
delete from fee_line f where f.visit_id = %(visit)s and (f.line_no = any(%(line_nos)s) or f.returns = any(%(line_nos)s))
returning f.line_no;

-- name: drop_open_lines
delete from fee_line f
where f.visit_id = %(visit)s
  and not exists (select 1 from settled_batch s where s.visit_id = f.visit_id and s.batch = f.batch)
returning f.line_no;

-- name: remark_line
update fee_line set details = details || %(details)s
where visit_id = %(visit)s and line_no = %(line)s and item = %(item)s
returning line_no;
