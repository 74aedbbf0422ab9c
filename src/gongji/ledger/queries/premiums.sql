-- name: add_premium_standard
insert into premium_standard (region, kind, year, status, product, name, amount, opens_on, closes_on, source,
                              entered_by, entered_at)
values (%(region)s, %(kind)s, %(year)s, %(status)s, %(product)s, %(name)s, %(amount)s, %(opens_on)s, %(closes_on)s,
        %(source)s, %(by)s, %(at)s);

-- name: premium_standards
-- What was entered for a place and those above it, the nearest and newest first.
select region, kind, year, amount, source, status, product, name, opens_on, closes_on
from premium_standard
where region = any(%(regions)s) and (%(kind)s::text is null or kind = %(kind)s)
  and (%(year)s::smallint is null or year = %(year)s)
order by array_position(%(regions)s, region), year desc, kind, id desc;

-- name: premium_paid
select premium_id from premium_paid
where (person_no, kind, product, year) = (%(person_no)s, %(kind)s, %(product)s, %(year)s);

-- name: add_premium
insert into premium (booked_on, region, journal_id, person_no, kind, product, year, amount, covers_from, covers_to,
                     paid_by, paid_at, refunds)
values (%(day)s, %(region)s, %(journal)s, %(person_no)s, %(kind)s, %(product)s, %(year)s, %(amount)s, %(covers_from)s,
        %(covers_to)s, %(paid_by)s, %(at)s, %(refunds)s);

-- name: add_premium_parts
insert into premium_part (booked_on, region, journal_id, place, payer, binding, amount)
select %(day)s, %(region)s, %(journal)s, p.*
from unnest(%(places)s::smallint[], %(payers)s::text[], %(bindings)s::text[], %(amounts)s::bigint[]) as p;

-- name: add_premium_paid
insert into premium_paid (person_no, kind, product, year, premium_id, covers_from, covers_to)
values (%(person_no)s, %(kind)s, %(product)s, %(year)s, %(id)s, %(covers_from)s, %(covers_to)s);

-- name: drop_premium_paid
delete from premium_paid where premium_id = %(id)s returning premium_id;

-- name: refresh_cover
update person set (covered, repaid_years) = (select c.covered, c.repaid_years from premium_cover(person_no) c)
where person_no = %(person_no)s;

-- name: premium
-- A premium with its document and what gave it back.
select p.region, p.booked_on, p.journal_id, d.document,
       (select b.region || to_char(b.booked_on, 'YYYYMMDD') || lpad(b.journal_id::text, 16, '0')
        from premium b where b.refunds = %(id)s)
from premium p join journal_document d using (region, booked_on, journal_id)
where (p.region, p.booked_on, p.journal_id) = (%(region)s, %(day)s, %(journal)s);

-- name: premiums_of_person
-- Premiums for a person, and those he paid for others, newest first, each with what gave it back.
select p.region, p.booked_on, p.journal_id, d.document,
       (select b.region || to_char(b.booked_on, 'YYYYMMDD') || lpad(b.journal_id::text, 16, '0')
        from premium b
        where b.refunds = p.region || to_char(p.booked_on, 'YYYYMMDD') || lpad(p.journal_id::text, 16, '0'))
from premium p join journal_document d using (region, booked_on, journal_id)
where (p.person_no = %(person_no)s
       or exists (select 1 from premium_part q
                  where q.payer = %(person_no)s
                    and (q.region, q.booked_on, q.journal_id) = (p.region, p.booked_on, p.journal_id)))
  and (%(before)s::timestamptz is null or (p.paid_at, p.journal_id) < (%(before)s, %(before_journal)s::bigint))
order by p.paid_at desc, p.journal_id desc
limit %(limit)s;

-- name: premiums_for_person
-- What stands: a premium that was given back is no longer among those that are paid.
select d.document
from premium_paid k
join premium p on p.person_no = k.person_no
     and k.premium_id = p.region || to_char(p.booked_on, 'YYYYMMDD') || lpad(p.journal_id::text, 16, '0')
join journal_document d using (region, booked_on, journal_id)
where k.person_no = %(person_no)s and k.kind = any(%(kinds)s::text[])
order by p.paid_at desc, p.journal_id desc
limit %(limit)s;

-- name: verify_premiums
-- People whose cover is not what their standing premiums give, and standing premiums that are not in the books.
select 'person', p.person_no
from person p cross join lateral premium_cover(p.person_no) c
where (p.covered is not null or p.repaid_years > 0 or p.person_no in (select person_no from premium_paid))
  and (p.covered, p.repaid_years) is distinct from (c.covered, c.repaid_years)
union all
select 'premium_paid', coalesce(k.premium_id, m.id)
from premium_paid k
full join (select p.region || to_char(p.booked_on, 'YYYYMMDD') || lpad(p.journal_id::text, 16, '0') as id, p.*
           from premium p where p.refunds is null) m on m.id = k.premium_id
left join premium b on b.refunds = m.id
where (k.premium_id is null) <> (b.journal_id is not null)
   or m.id is null
   or k.premium_id is not null
      and (k.person_no, k.kind, k.product, k.year, k.covers_from, k.covers_to)
          <> (m.person_no, m.kind, m.product, m.year, m.covers_from, m.covers_to)
limit 1;

-- name: verify_premium_rows
-- What stands in the table of premiums and their parts, by journal.
select p.region, p.booked_on, p.journal_id, p.person_no, p.kind, p.product, p.year, p.amount, p.covers_from,
       p.covers_to, p.paid_by, p.refunds,
       coalesce((select array_agg(q.payer || '/' || q.binding || '/' || q.amount order by q.place) from premium_part q
                 where (q.region, q.booked_on, q.journal_id) = (p.region, p.booked_on, p.journal_id)), '{}')
from premium p;
