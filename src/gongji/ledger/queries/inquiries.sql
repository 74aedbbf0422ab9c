-- name: visits_of_person
select v.id, v.number, v.care, v.began_on, v.state, v.details, v.created_at, v.ended_on from visit v
where v.institution = %(institution)s and v.person_no = %(person_no)s
  and v.began_on between %(first)s and %(last)s and v.care = any(%(cares)s)
  and (%(visit)s::text is null or v.id = %(visit)s)
order by v.began_on, v.id limit %(limit)s;

-- name: visit_details
select details, created_at from visit where id = %(visit)s;

-- name: fee_lines_of_batch
select line_no, item, amount, full_self_pay, over_limit, first_self_pay, details from fee_line
where visit_id = %(visit)s and batch = %(batch)s order by line_no;

-- name: fee_lines_of_person
select f.line_no, f.item, f.amount, f.full_self_pay, f.over_limit, f.first_self_pay, f.details, v.institution, i.name,
       v.began_on
from visit v
join fee_line f on f.visit_id = v.id
join institution i on i.code = v.institution
where v.person_no = %(person_no)s and v.care = 'special_disease' and v.state = 'open'
  and v.began_on between %(first)s and %(last)s
order by v.began_on, f.visit_id, f.line_no limit %(limit)s;

-- name: knows_person
select exists (select 1 from visit where person_no = %(person_no)s and institution = %(institution)s);

-- name: patients_in_hospital
select v.id, v.number, v.care, v.began_on, v.state, v.details, v.created_at, v.ended_on, v.person_no
from visit v
where v.institution = %(institution)s and v.care = 'inpatient' and v.state = 'open' and v.ended_on is null
  and v.began_on between %(first)s and %(last)s and (%(person_no)s::text is null or v.person_no = %(person_no)s)
order by v.began_on, v.id limit %(limit)s;
