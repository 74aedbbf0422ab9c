-- name: account_statistics
-- What people's accounts of each region did in a time, by region: who has one, what stood on them before and after, what
-- was credited, what their owners spent, what relatives spent, and what lay idle. What was taken back is taken off.
with here as (
    select id, region, kind, owner, state, balance from account
    where kind in ('personal', 'family', 'quota_hold', 'wallet', 'suspense')
      and (%(region)s::text is null or region like %(region)s)
), moved as (
    select p.from_account as id, p.booked_on, p.purpose, j.kind, -p.amount as amount
    from posting p join journal j on (j.booked_on, j.region, j.id) = (p.booked_on, p.region, p.journal_id)
    where p.booked_on >= %(first)s and p.from_account in (select id from here)
    union all
    select p.to_account, p.booked_on, p.purpose, j.kind, p.amount
    from posting p join journal j on (j.booked_on, j.region, j.id) = (p.booked_on, p.region, p.journal_id)
    where p.booked_on >= %(first)s and p.to_account in (select id from here)
), flow as (
    select id, sum(amount) as since, coalesce(sum(amount) filter (where booked_on > %(last)s), 0) as later,
           coalesce(sum(amount) filter (where booked_on <= %(last)s and kind = 'credit'), 0) as credited,
           coalesce(-sum(amount) filter (where booked_on <= %(last)s and purpose in ('own', 'wallet')), 0) as own,
           coalesce(-sum(amount) filter (where booked_on <= %(last)s and purpose = any(%(shared)s)), 0) as shared,
           bool_or(booked_on <= %(last)s and amount < 0 and kind in ('settlement', 'premium', 'transfer')) as used
    from moved group by id
), owned as (
    select h.region, h.owner, bool_or(h.kind = 'personal' and h.state in ('open', 'frozen')) as holds,
           sum(case when h.kind = 'suspense' then 0 else h.balance - coalesce(f.since, 0) end) as before,
           sum(case when h.kind = 'suspense' then 0 else h.balance - coalesce(f.later, 0) end) as after,
           coalesce(sum(f.credited), 0) as credited, coalesce(sum(f.own), 0) as own, coalesce(sum(f.shared), 0) as shared,
           coalesce(bool_or(f.used), false) as used
    from here h left join flow f using (id)
    group by h.region, h.owner
)
select region, count(*) filter (where holds), sum(before)::bigint, sum(credited)::bigint, sum(own)::bigint,
       sum(shared)::bigint, sum(after)::bigint, count(*) filter (where not used and after > 0),
       coalesce(sum(after) filter (where not used), 0)::bigint
from owned group by region having bool_or(holds) or sum(before) > 0 or sum(after) > 0 order by region;

-- name: shared_by_use
-- What relatives spent in a time, by the region of the money and what it was for, and how often.
select a.region, coalesce(s.care, m.kind), sum(case when a.id = p.from_account then p.amount else -p.amount end)::bigint,
       count(distinct p.journal_id) filter (where j.kind in ('settlement', 'premium'))
from posting p
join journal j on (j.booked_on, j.region, j.id) = (p.booked_on, p.region, p.journal_id)
join account a on a.id in (p.from_account, p.to_account)
    and a.kind in ('personal', 'family', 'quota_hold', 'suspense')
left join settlement s on (s.booked_on, s.region, s.journal_id) = (p.booked_on, p.region, p.journal_id)
left join premium m on (m.booked_on, m.region, m.journal_id) = (p.booked_on, p.region, p.journal_id)
where p.booked_on between %(first)s and %(last)s and p.purpose = any(%(shared)s)
  and (%(region)s::text is null or a.region like %(region)s)
group by 1, 2 order by 1, 2;

-- name: postings
-- Every posting of a time, newest first: from which account to which, for whom, sealed in which link of which chain. Of a
-- person: all lines of each journal that moved what is his, or settled his bill.
select p.booked_on, p.region, p.journal_id, p.line, j.booked_at, j.kind, j.sender, j.message_id, j.reverses,
       f.kind, f.owner, f.region, t.kind, t.owner, t.region, p.amount, p.purpose, s.person_no, s.institution,
       j.lane, j.seal_no
from posting p
join journal j on (j.booked_on, j.region, j.id) = (p.booked_on, p.region, p.journal_id)
join account f on f.id = p.from_account
join account t on t.id = p.to_account
left join settlement s on (s.booked_on, s.region, s.journal_id) = (p.booked_on, p.region, p.journal_id)
where p.booked_on between %(first)s and %(last)s
  and (%(region)s::text is null or p.region like %(region)s or f.region like %(region)s or t.region like %(region)s)
  and (%(kind)s::text is null or j.kind = %(kind)s)
  and (%(account)s::text is null or %(account)s in (f.kind::text, t.kind::text))
  and (%(institution)s::text is null or %(institution)s in (s.institution, f.owner, t.owner))
  and p.amount >= %(at_least)s
  and (%(person_no)s::text is null or (p.booked_on, p.region, p.journal_id) in (
      select q.booked_on, q.region, q.journal_id from posting q
      where q.from_account in (select id from account where owner = %(person_no)s)
         or q.to_account in (select id from account where owner = %(person_no)s)
      union
      select b.booked_on, b.region, b.journal_id from settlement b where b.person_no = %(person_no)s))
  and (%(before)s::timestamptz is null
       or (j.booked_at, p.journal_id, p.line) < (%(before)s, %(before_journal)s::bigint, %(before_line)s::bigint))
order by j.booked_at desc, p.journal_id desc, p.line desc
limit %(limit)s;
