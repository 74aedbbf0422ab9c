-- name: filings_of
select id, person_no, subject, kind, place, begins_on, ends_on, reviewed_at, filed_by, details, created_at
from filing where person_no = any(%(person_nos)s) and state = 'open' order by created_at, id;

-- name: next_filing_no
select nextval('filing_no');

-- name: add_filing
insert into filing (id, region, person_no, subject, kind, place, begins_on, ends_on, filed_by, details, created_at)
values (%(id)s, %(region)s, %(person_no)s, %(subject)s, %(kind)s, %(place)s, %(begins_on)s, %(ends_on)s, %(filed_by)s,
        %(details)s, %(at)s);

-- name: filing
select person_no, subject, state, reviewed_at, filed_by from filing where id = %(id)s;

-- name: revoke_filing
update filing set state = 'revoked', revoked_at = %(at)s, details = details || %(details)s where id = %(id)s;

-- name: review_filing
update filing set reviewed_at = %(at)s where id = %(id)s and state = 'open' and reviewed_at is null returning id;

-- name: add_visit_mark
insert into visit_mark (id, visit_id, kind, value, memo, created_at)
values (%(id)s, %(visit)s, %(kind)s, %(value)s, %(memo)s, %(at)s);

-- name: visit_marks
select m.id, v.id, v.person_no, v.number, m.kind, m.value, m.memo, count(*) over ()
from visit_mark m join visit v on v.id = m.visit_id
where v.institution = %(institution)s
  and (%(id)s::text is null or m.id = %(id)s) and (%(visit)s::text is null or v.id = %(visit)s)
  and (%(person_no)s::text is null or v.person_no = %(person_no)s)
  and (%(number)s::text is null or v.number = %(number)s)
  and (%(kind)s::text is null or m.kind = %(kind)s) and (%(value)s::text is null or m.value = %(value)s)
order by m.created_at, m.id limit %(limit)s offset %(offset)s;
