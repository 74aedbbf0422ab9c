-- name: item_limits
select item, max_quantity, gender, min_age, max_age, diagnoses, basis from item_limit where item = any(%(items)s);

-- name: put_item_limit
insert into item_limit (item, max_quantity, gender, min_age, max_age, diagnoses, basis)
values (%(item)s, %(max_quantity)s, %(gender)s, %(min_age)s, %(max_age)s, %(diagnoses)s, %(basis)s)
on conflict (item) do update set
    max_quantity = excluded.max_quantity, gender = excluded.gender, min_age = excluded.min_age,
    max_age = excluded.max_age, diagnoses = excluded.diagnoses, basis = excluded.basis;

-- name: add_review
insert into review (institution, kind, message_id, at, orders)
values (%(institution)s, %(kind)s, %(message_id)s, %(now)s, %(orders)s) returning id;

-- name: add_review_findings
insert into review_finding (id, review_id, institution, kind, rule, severity, amount, content, visit, orders)
select f.id, %(review)s, %(institution)s, %(kind)s, f.rule, f.severity, f.amount, f.content, f.visit,
       string_to_array(f.orders, E'\n')
from unnest(%(ids)s::text[], %(rules)s::text[], %(severities)s::text[], %(amounts)s::bigint[], %(contents)s::text[],
            %(visits)s::text[], %(orders)s::text[]) as f (id, rule, severity, amount, content, visit, orders);

-- name: handle_finding
update review_finding set handling = %(handling)s, handling_reason = %(reason)s, handled_at = %(now)s
where id = %(id)s and institution = %(institution)s and kind = %(kind)s;
