-- name: close_clearing_month
-- Answers a row to the first only: others wait for the first one's transaction and then find the month closed.
insert into clearing_month (month, closed_at, closed_by) values (%(month)s, %(now)s, %(by)s)
on conflict (month) do nothing returning month;

-- name: add_clearing_statements
insert into clearing_statement (month, debtor, creditor, owed, returned, lines)
select %(month)s, debtor, creditor, coalesce(sum(amount) filter (where amount > 0), 0)::bigint,
       coalesce(-sum(amount) filter (where amount < 0), 0)::bigint, count(*)
from clearing_line where booked_on between %(first)s and %(last)s
group by debtor, creditor;

-- name: clearing_month
select closed_at, closed_by from clearing_month where month = %(month)s;

-- name: clearing_statements
-- Of a closed month, with their payments.
select s.month, s.debtor, s.creditor, s.owed, s.returned, s.lines, p.journal_id, p.booked_on, p.reference, p.paid_at,
       p.paid_by
from clearing_statement s left join clearing_payment p using (month, debtor, creditor)
where s.month = %(month)s and (%(region)s::text is null or %(region)s in (s.debtor, s.creditor))
order by s.debtor, s.creditor;

-- name: clearing_sums
-- Of a month that is not closed, as it stands.
select %(month)s::date, debtor, creditor, coalesce(sum(amount) filter (where amount > 0), 0)::bigint,
       coalesce(-sum(amount) filter (where amount < 0), 0)::bigint, count(*), null, null, null, null, null
from clearing_line
where booked_on between %(first)s and %(last)s
  and (%(region)s::text is null or %(region)s in (debtor, creditor))
group by debtor, creditor order by debtor, creditor;

-- name: lock_clearing_statement
select s.month, s.debtor, s.creditor, s.owed, s.returned, s.lines
from clearing_statement s
where (s.month, s.debtor, s.creditor) = (%(month)s, %(debtor)s, %(creditor)s)
for no key update;

-- name: clearing_payment
select journal_id, booked_on, reference, paid_at, paid_by from clearing_payment
where (month, debtor, creditor) = (%(month)s, %(debtor)s, %(creditor)s);

-- name: add_clearing_payment
insert into clearing_payment (month, debtor, creditor, journal_id, booked_on, reference, paid_at, paid_by)
values (%(month)s, %(debtor)s, %(creditor)s, %(journal)s, %(day)s, %(reference)s, %(now)s, %(by)s);

-- name: clearing_lines
-- What stands behind a pair of regions, in the order it was booked.
select l.booked_on, l.region, l.journal_id, l.kind, l.purpose, l.amount, s.institution, s.person_no, s.reverses
from clearing_line l
left join settlement s using (booked_on, region, journal_id)
where l.debtor = %(debtor)s and l.creditor = %(creditor)s and l.booked_on between %(first)s and %(last)s
order by l.booked_on, l.journal_id, l.line;

-- name: institution_lines
-- What a region came to owe an institution, in the order it was booked.
select l.booked_on, l.region, l.journal_id, l.kind, l.purpose, l.amount, s.care, s.person_no, s.reverses
from institution_line l
left join settlement s using (booked_on, region, journal_id)
where l.institution = %(institution)s and l.booked_on between %(first)s and %(last)s
order by l.booked_on, l.journal_id, l.line;

-- name: institution_sums
select coalesce(sum(amount) filter (where amount > 0), 0)::bigint,
       coalesce(-sum(amount) filter (where amount < 0), 0)::bigint, count(*)
from institution_line where institution = %(institution)s and booked_on between %(first)s and %(last)s;

-- name: institution_totals
-- An institution's bills of a time, and what the books came to owe for them.
with bill as (
    select count(*) as rows, coalesce(sum(total), 0)::bigint as total,
           coalesce(sum(pool + supplementary), 0)::bigint as fund, coalesce(sum(own + shared), 0)::bigint as account,
           coalesce(sum(cash), 0)::bigint as cash
    from settlement
    where institution = %(institution)s and care = any(%(cares)s) and booked_on between %(first)s and %(last)s
), booked as (
    select coalesce(sum(l.amount), 0)::bigint as payable
    from institution_line l join settlement s using (booked_on, region, journal_id)
    where l.institution = %(institution)s and s.care = any(%(cares)s)
      and l.booked_on between %(first)s and %(last)s and s.booked_on between %(first)s and %(last)s
)
select bill.rows, bill.total, bill.fund, bill.account, bill.cash, booked.payable from bill, booked;

-- name: institution_balance
-- What an institution was owed before a day, and what was paid to it within a time.
select coalesce(sum(m.amount) filter (where m.booked_on < %(first)s), 0)::bigint,
       coalesce(-sum(m.amount) filter (where m.booked_on >= %(first)s and j.kind = 'clearing'), 0)::bigint
from (
    select p.booked_on, p.region, p.journal_id, p.amount from posting p join account a on a.id = p.to_account
    where a.kind = 'institution_payable' and a.owner = %(institution)s and p.booked_on <= %(last)s
    union all
    select p.booked_on, p.region, p.journal_id, -p.amount from posting p join account a on a.id = p.from_account
    where a.kind = 'institution_payable' and a.owner = %(institution)s and p.booked_on <= %(last)s
) m join journal j on (j.region, j.booked_on, j.id) = (m.region, m.booked_on, m.journal_id);

-- name: lock_institution
select region, name from institution where code = %(institution)s for no key update;

-- name: live_applications_between
select id from clearing_application
where institution = %(institution)s and cares && %(cares)s::text[] and state in ('applied', 'approved', 'paid')
  and begins_on <= %(last)s and ends_on >= %(first)s
order by id limit 1;

-- name: add_application
insert into clearing_application (id, institution, payer, category, cares, month, begins_on, ends_on, total, fund,
                                  account, cash, stated, applied_at)
values (%(payer)s || to_char(%(day)s::date, 'YYYYMMDD') || lpad(nextval('clearing_application_id')::text, 16, '0'),
        %(institution)s, %(payer)s, %(category)s, %(cares)s, %(month)s, %(first)s, %(last)s, %(total)s, %(fund)s,
        %(account)s, %(cash)s, %(stated)s, %(now)s)
returning id;

-- name: lock_application
select id, institution, payer, category, cares, month, begins_on, ends_on, total, fund, account, cash, state, reason,
       applied_at, decided_at, decided_by, journal_id, booked_on, reference, paid_at, paid_by
from clearing_application where id = %(id)s for no key update;

-- name: applications
select id, institution, payer, category, cares, month, begins_on, ends_on, total, fund, account, cash, state, reason,
       applied_at, decided_at, decided_by, journal_id, booked_on, reference, paid_at, paid_by
from clearing_application
where (%(institution)s::text is null or institution = %(institution)s)
  and (%(payer)s::text is null or payer = %(payer)s) and (%(month)s::text is null or month = %(month)s)
order by id desc limit %(limit)s;

-- name: decide_application
update clearing_application
set state = %(state)s, reason = %(reason)s, decided_at = %(now)s, decided_by = %(by)s
where id = %(id)s;

-- name: pay_application
update clearing_application
set state = 'paid', journal_id = %(journal)s, booked_on = %(day)s, reference = %(reference)s, paid_at = %(now)s,
    paid_by = %(by)s
where id = %(id)s;
