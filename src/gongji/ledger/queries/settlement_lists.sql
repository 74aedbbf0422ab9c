-- name: settlement_list
select serial, institution, person_no, state, document, findings, uploaded_at from settlement_list
where settlement_id = %(settlement)s;

-- name: next_settlement_list
select lpad(nextval('settlement_list_id')::text, 9, '0');

-- name: put_settlement_list
insert into settlement_list (settlement_id, serial, institution, person_no, state, settled_on, document, findings,
                             uploaded_at)
values (%(settlement)s, %(serial)s, %(institution)s, %(person_no)s, %(state)s, %(settled_on)s, %(document)s,
        %(findings)s, %(now)s)
on conflict (settlement_id) do update set
    state = excluded.state, document = excluded.document, findings = excluded.findings,
    uploaded_at = excluded.uploaded_at;

-- name: set_settlement_list_state
update settlement_list set state = %(state)s where settlement_id = %(settlement)s;

-- name: checked_settlement_lists
select settlement_id, person_no, findings, uploaded_at, count(*) over () from settlement_list
where institution = %(institution)s and settled_on >= %(first)s and settled_on < %(after)s
  and (%(settlement)s::text is null or settlement_id = %(settlement)s)
  and (%(person_no)s::text is null or person_no = %(person_no)s)
  and (%(level)s::text is null or exists (
      select 1 from jsonb_array_elements(findings) f where f ->> 'level' = %(level)s))
order by settled_on, settlement_id limit %(limit)s offset %(offset)s;

-- name: count_settlement_lists
-- Settlements of a period that still stand, and how many of them have their list.
select count(*), count(l.settlement_id)
from (
    select region || to_char(booked_on, 'YYYYMMDD') || lpad(journal_id::text, 16, '0') as id from settlement
    where booked_on between %(first)s and %(last)s and settled_at between %(begin)s and %(end)s
      and institution = %(institution)s and reverses is null and care = any(%(cares)s)
) s
left join settlement_list l on l.settlement_id = s.id
where not exists (select 1 from reversal r where r.settlement_id = s.id);

-- name: put_self_paid_care
insert into self_paid_care as c (institution, visit, document, certificate_no, total, uploaded_at)
values (%(institution)s, %(visit)s, %(document)s, %(certificate_no)s, %(total)s, %(now)s)
on conflict (institution, visit) do update set
    document = excluded.document, certificate_no = excluded.certificate_no, total = excluded.total, stated = null,
    checked_at = null, uploaded_at = excluded.uploaded_at;

-- name: check_self_paid_care
update self_paid_care set stated = %(stated)s, checked_at = %(now)s
where institution = %(institution)s and visit = %(visit)s returning total;

-- name: differing_self_paid_care
select visit, total, stated, checked_at, count(*) over () from self_paid_care
where institution = %(institution)s and stated <> total
  and (%(visit)s::text is null or visit = %(visit)s)
  and (%(certificate_no)s::text is null or certificate_no = %(certificate_no)s)
order by checked_at, visit limit %(limit)s offset %(offset)s;
