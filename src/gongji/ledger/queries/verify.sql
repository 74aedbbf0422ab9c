-- name: verify_journals
-- Every journal in the order of its chain.
select j.lane, j.seal_no, j.booked_at, j.region, j.id, j.kind, j.sender, j.message_id, j.reverses, j.document_hash,
       coalesce(s.document, d.document), s.total, s.pool, s.supplementary, s.own, s.shared, s.cash
from journal j
left join settlement s on (s.booked_on, s.region, s.journal_id) = (j.booked_on, j.region, j.id)
left join journal_document d on (d.booked_on, d.region, d.journal_id) = (j.booked_on, j.region, j.id)
order by j.lane, j.seal_no, j.id;

-- name: verify_postings
select p.journal_id, p.line, p.from_account, p.to_account, p.amount, p.purpose
from posting p join journal j on (j.booked_on, j.region, j.id) = (p.booked_on, p.region, p.journal_id)
order by j.lane, j.seal_no, p.journal_id, p.line;

-- name: verify_seals
select lane, no, journals, previous, hash from seal order by lane, no;

-- name: verify_balances
-- Accounts of people whose balance is not what the postings give.
select a.id, a.balance, coalesce(i.came, 0) - coalesce(o.went, 0)
from account a
left join (select to_account as id, sum(amount)::bigint as came from posting group by to_account) i using (id)
left join (select from_account as id, sum(amount)::bigint as went from posting group by from_account) o using (id)
where a.kind in ('personal', 'family', 'quota_hold', 'wallet') and a.balance <> coalesce(i.came, 0) - coalesce(o.went, 0)
order by a.id;

-- name: verify_orphans
-- Rows that name what is not there: postings without journal or account, settlements without journal.
select 'posting', p.journal_id from posting p
left join journal j on (j.booked_on, j.region, j.id) = (p.booked_on, p.region, p.journal_id)
where j.id is null
union all
select 'posting', p.journal_id from posting p
where not exists (select 1 from account a where a.id = p.from_account)
   or not exists (select 1 from account a where a.id = p.to_account)
union all
select 'settlement', s.journal_id from settlement s
left join journal j on (j.booked_on, j.region, j.id) = (s.booked_on, s.region, s.journal_id)
where j.id is null
union all
select 'seal', j.id from journal j
left join seal s on (s.lane, s.no) = (j.lane, j.seal_no)
where s.no is null
limit 1;

-- name: verify_links
-- A settlement that was taken back must have its reversal in the books, and the reverse.
select r.settlement_id from reversal r
left join settlement s on coalesce(s.reverses, s.replaces) = r.settlement_id
where s.journal_id is null
union all
select coalesce(s.reverses, s.replaces) from settlement s
left join reversal r on r.settlement_id = coalesce(s.reverses, s.replaces)
where coalesce(s.reverses, s.replaces) is not null and r.settlement_id is null
limit 1;

-- name: verify_returns
-- The settlement of a rest says what the whole was; that must be what stands in the books of the whole.
select s.replaces
from (select replaces, convert_from(document, 'UTF8')::jsonb -> 'instead_of' -> 'amounts' as before
      from settlement where replaces is not null) s
left join lateral (
    select convert_from(o.document, 'UTF8')::jsonb -> 'split' as split from settlement o
    where (o.region, o.booked_on, o.journal_id)
        = (left(s.replaces, 6), to_date(substr(s.replaces, 7, 8), 'YYYYMMDD'), substr(s.replaces, 15)::bigint)) o on true
where o.split is null
   or (o.split -> 'total', o.split -> 'pool', o.split -> 'supplementary', o.split -> 'cash', o.split -> 'deductible')
      is distinct from (s.before -> 'total', s.before -> 'pool', s.before -> 'supplementary', s.before -> 'cash',
                        s.before -> 'deductible')
limit 1;

-- name: verify_year_totals
-- Yearly figures that are not the sum of the settlements, as the documents tell it.
with told as (
    select region, person_no,
           (d ->> 'year')::smallint as year,
           d ->> 'benefit' as benefit,
           sum(sign * (d -> 'split' ->> 'deductible')::bigint
               - coalesce((d -> 'instead_of' -> 'amounts' ->> 'deductible')::bigint, 0))::bigint as deductible,
           sum(sign * (d -> 'split' ->> 'eligible')::bigint
               - coalesce((d -> 'instead_of' -> 'amounts' ->> 'eligible')::bigint, 0))::bigint as eligible,
           sum(sign * (d -> 'split' ->> 'pool')::bigint
               - coalesce((d -> 'instead_of' -> 'amounts' ->> 'pool')::bigint, 0))::bigint as pool,
           sum(case when (d ->> 'continues')::boolean or d ? 'instead_of' then 0 else sign end)::integer as events
    from (select region, person_no, case when reverses is null then 1 else -1 end as sign,
                 convert_from(document, 'UTF8')::jsonb as d
          from settlement) s
    where d ->> 'benefit' is not null
    group by 1, 2, 3, 4
)
select coalesce(y.person_no, t.person_no)
from year_total y full join told t using (region, person_no, year, benefit)
where (y.deductible, y.eligible, y.pool, y.events) is distinct from (t.deductible, t.eligible, t.pool, t.events)
limit 1;

-- name: verify_places
-- People whose accounts do not stand where they are insured, or who are not insured where their last move led.
select '参保人 ' || a.owner || ' 的账户 ' || a.id, a.region, p.region
from account a join person p on p.person_no = a.owner
where a.kind in ('personal', 'family', 'quota_hold', 'wallet') and a.state not in ('moved', 'closed')
  and a.region <> p.region
union all
select '参保人 ' || p.person_no || ' 的参保地', p.region, l.led_to
from person p
join lateral (select details ->> 'to' as led_to from life_event
              where person_no = p.person_no and kind = 'moved' order by happened_on desc limit 1) l on true
where l.led_to <> p.region
order by 1 limit 1;

-- name: verify_moves
select person_no, happened_on, details ->> 'from', details ->> 'to' from life_event where kind = 'moved';

-- name: verify_transfers
select id, state, amount from wallet_transfer order by id;

-- name: verify_transit
-- Regions whose money on its way to wallets is not what their waiting transfers hold.
select coalesce(t.region, w.region), coalesce(t.amount, 0), coalesce(w.amount, 0)
from (
    select a.region, sum(case when p.to_account = a.id then p.amount else -p.amount end)::bigint as amount
    from account a join posting p on a.id in (p.from_account, p.to_account)
    where a.kind = 'wallet_transit' group by a.region) t
full join (
    select region, sum(amount)::bigint as amount from wallet_transfer where state = 'pending' group by region) w
  on w.region = t.region
where coalesce(t.amount, 0) <> coalesce(w.amount, 0)
order by 1
limit 1;

-- name: verify_binding_uses
select binding_id, day, amount from binding_use where amount <> 0;

-- name: verify_clearing_pairs
-- Regions of which one owes what the other is not owed.
with side as (
    select a.kind, a.region, a.owner, coalesce(i.came, 0) - coalesce(o.went, 0) as balance
    from account a
    left join lateral (select sum(amount)::bigint as came from posting where to_account = a.id) i on true
    left join lateral (select sum(amount)::bigint as went from posting where from_account = a.id) o on true
    where a.kind in ('clearing_payable', 'clearing_receivable')
), owes as (select region as debtor, owner as creditor, balance from side where kind = 'clearing_payable'),
   claim as (select owner as debtor, region as creditor, -balance as balance from side where kind = 'clearing_receivable')
select '清算 ' || debtor || ' 应付 ' || creditor, coalesce(owes.balance, 0), coalesce(claim.balance, 0)
from owes full join claim using (debtor, creditor)
where coalesce(owes.balance, 0) <> coalesce(claim.balance, 0)
order by 1 limit 1;

-- name: verify_clearing_months
-- Statements of closed months that are not the sum of what was booked in them.
with booked as (
    select date_trunc('month', booked_on)::date as month, debtor, creditor, sum(amount)::bigint as amount, count(*) as lines
    from clearing_line where date_trunc('month', booked_on)::date in (select month from clearing_month)
    group by 1, 2, 3
)
select '清算单 ' || to_char(month, 'YYYY-MM') || ' ' || debtor || ' ' || creditor,
       coalesce(s.owed - s.returned, 0), coalesce(b.amount, 0)
from clearing_statement s full join booked b using (month, debtor, creditor)
where (s.owed - s.returned, s.lines) is distinct from (b.amount, b.lines)
order by 1 limit 1;

-- name: verify_clearing_payments
-- Payments that are not what their journal moved, and clearing journals that pay nothing.
with paid as (
    select journal_id, '清算单 ' || to_char(month, 'YYYY-MM') || ' ' || debtor || ' ' || creditor as name,
           s.owed - s.returned as amount
    from clearing_payment p join clearing_statement s using (month, debtor, creditor)
    union all
    select journal_id, '清算申请 ' || id, fund + account
    from clearing_application where journal_id is not null
), moved as (
    select j.id as journal_id, coalesce(sum(p.amount) filter (where f.id is not null), 0)
           - coalesce(sum(p.amount) filter (where t.id is not null), 0) as amount
    from journal j
    left join posting p on (p.region, p.booked_on, p.journal_id) = (j.region, j.booked_on, j.id)
    left join account f on f.id = p.from_account and f.kind in ('clearing_payable', 'institution_payable')
    left join account t on t.id = p.to_account and t.kind in ('clearing_payable', 'institution_payable')
    where j.kind = 'clearing'
    group by j.id
)
select coalesce(paid.name, '清算凭证 ' || moved.journal_id), coalesce(paid.amount::text, '没有对应的清算单'),
       coalesce(moved.amount::text, '没有凭证')
from paid full join moved using (journal_id)
where paid.amount is distinct from moved.amount
order by 1 limit 1;

-- name: institution_payables
-- What funds and accounts owe each institution.
select a.owner, sum(case when p.to_account = a.id then p.amount else -p.amount end)::bigint
from account a join posting p on a.id in (p.from_account, p.to_account)
where a.kind = 'institution_payable' group by a.owner;

-- name: people_have
select coalesce(sum(balance), 0)::bigint from account where kind in ('personal', 'family', 'quota_hold', 'wallet');
