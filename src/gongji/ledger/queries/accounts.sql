-- name: lock_accounts_around
-- Every account of people that a settlement of these patients, or the reversals named, can touch. Always locked in id
-- order and before anything else: two batches can then never wait for each other in a circle.
select id, region, owner, segment, state, balance, kind, binding
from account
where id = any(array(
    select id from account where kind in ('personal', 'family', 'quota_hold', 'wallet') and owner = any(%(patients)s)
    union
    select a.id
    from binding b join account a on a.kind in ('personal', 'family', 'quota_hold', 'wallet') and a.owner = b.authoriser
    where b.user_no = any(%(patients)s) and b.state in ('active', 'frozen')
    union
    select a.id
    from account o join account a on a.kind in ('personal', 'family', 'quota_hold', 'wallet') and a.owner = o.owner
    where o.id = any(%(also)s)))
order by id
for no key update;

-- name: read_accounts_around
select id, region, owner, segment, state, balance, kind, binding
from account
where id = any(array(
    select id from account where kind in ('personal', 'family', 'quota_hold', 'wallet') and owner = any(%(patients)s)
    union
    select a.id
    from binding b join account a on a.kind in ('personal', 'family', 'quota_hold', 'wallet') and a.owner = b.authoriser
    where b.user_no = any(%(patients)s) and b.state in ('active', 'frozen')
    union
    select a.id
    from account o join account a on a.kind in ('personal', 'family', 'quota_hold', 'wallet') and a.owner = o.owner
    where o.id = any(%(also)s)))
order by id;

-- name: accounts_of_postings
-- Accounts of people that the journals of these settlements moved.
select a.id
from unnest(%(days)s::date[], %(regions)s::text[], %(journals)s::bigint[]) as s (booked_on, region, journal_id)
join posting p using (booked_on, region, journal_id)
join account a on a.id in (p.from_account, p.to_account) and a.kind in ('personal', 'family', 'quota_hold', 'wallet');

-- name: lock_accounts
-- In id order, like every batch does.
select id, region, owner, segment, state, balance, kind, binding
from account where kind in ('personal', 'family', 'quota_hold', 'wallet') and owner = any(%(owners)s) order by id for no key update;

-- name: read_accounts
select id, region, owner, segment, state, balance, kind, binding
from account where kind in ('personal', 'family', 'quota_hold', 'wallet') and owner = any(%(owners)s) order by id;

-- name: ensure_accounts
insert into account (region, kind, owner)
select * from unnest(%(regions)s::text[], %(kinds)s::account_kind[], %(owners)s::text[])
on conflict (kind, owner, segment, region, binding) do nothing;

-- name: find_accounts
select a.id, a.kind, a.owner, a.region
from unnest(%(regions)s::text[], %(kinds)s::account_kind[], %(owners)s::text[]) as k (region, kind, owner)
join account a using (region, kind, owner);

-- name: move_balances
update account a set balance = a.balance + d.delta
from unnest(%(ids)s::bigint[], %(deltas)s::bigint[]) as d (id, delta)
where a.id = d.id;

-- name: open_account
insert into account (region, kind, owner, segment, state, binding)
values (%(region)s, %(kind)s, %(owner)s, %(segment)s, %(state)s, %(binding)s)
on conflict (kind, owner, segment, region, binding) do nothing;

-- name: reopen_account
update account set state = %(state)s
where (kind, owner, segment, region, binding)
    = (%(kind)s::account_kind, %(owner)s, %(segment)s, %(region)s, %(binding)s)
returning id;

-- name: close_aside
update account set state = 'closed'
where kind = %(kind)s::account_kind and owner = %(owner)s and binding = %(binding)s;

-- name: bindings_with_leftovers
-- Ended bindings for which money is still set aside: quotas, and family accounts that nobody uses any more.
select b.id, b.authoriser, b.user_no, b.relation, b.mode, b.position, b.state, b.starts_on, b.ends_on, b.limits, b.term,
       b.created_at, b.ended_reason
from account a join binding b on b.id = a.binding
where a.kind = 'quota_hold' and a.balance > 0 and b.state = 'ended'
union
(select distinct on (b.authoriser) b.id, b.authoriser, b.user_no, b.relation, b.mode, b.position, b.state, b.starts_on,
        b.ends_on, b.limits, b.term, b.created_at, b.ended_reason
 from account a join binding b on b.authoriser = a.owner and b.mode = 'family_account'
 where a.kind = 'family' and a.balance > 0 and not exists (
     select 1 from binding l where l.authoriser = a.owner and l.mode = 'family_account' and l.state <> 'ended')
 order by b.authoriser, b.created_at desc);

-- name: movements
-- What went into and out of a person's personal accounts since a day, with the balance after it, newest first. Nothing
-- moves between these accounts. It walks back from the balances of now and so reads the days of the page and what came
-- after them, never the whole history: ``reach`` is the day on which the page ends. Journals are looked up one by one,
-- which the limits of 1 make sure of; whoever joins them reads all journals of the region.
with own as materialized (
    select id, balance from account where kind = 'personal' and owner = %(owner)s),
reach as (
    select min(booked_on) as day from (
        select p.booked_on
        from own cross join lateral (
            (select o.booked_on from posting o
             where o.from_account = own.id and o.booked_on >= %(since)s::date
               and o.booked_on <= coalesce(%(before)s::timestamptz::date, 'infinity')
               and ((%(kinds)s::text[] is null and %(before)s is null) or exists (
                   select from journal j
                   where (j.booked_on, j.region, j.id) = (o.booked_on, o.region, o.journal_id)
                     and (%(kinds)s is null or j.kind = any(%(kinds)s))
                     and (%(before)s is null or (j.booked_at, j.id, o.line)
                          < (%(before)s, %(before_journal)s::bigint, %(before_line)s::bigint))))
             order by o.booked_on desc limit %(limit)s)
            union all
            (select i.booked_on from posting i
             where i.to_account = own.id and i.booked_on >= %(since)s
               and i.booked_on <= coalesce(%(before)s::date, 'infinity')
               and ((%(kinds)s is null and %(before)s is null) or exists (
                   select from journal j
                   where (j.booked_on, j.region, j.id) = (i.booked_on, i.region, i.journal_id)
                     and (%(kinds)s is null or j.kind = any(%(kinds)s))
                     and (%(before)s is null or (j.booked_at, j.id, i.line)
                          < (%(before)s, %(before_journal)s, %(before_line)s))))
             order by i.booked_on desc limit %(limit)s)) p
        order by p.booked_on desc limit %(limit)s) newest),
moved as (
    select p.*, j.kind, j.booked_at
    from own
    cross join lateral (
        select booked_on, region, journal_id, line, purpose, -amount as amount
        from posting where from_account = own.id and booked_on >= (select day from reach)
        union all
        select booked_on, region, journal_id, line, purpose, amount
        from posting where to_account = own.id and booked_on >= (select day from reach)) p
    cross join lateral (
        select kind, booked_at from journal
        where (booked_on, region, id) = (p.booked_on, p.region, p.journal_id) limit 1) j),
counted as (
    select moved.*, ((select sum(balance) from own) + amount
        - sum(amount) over (order by booked_at desc, journal_id desc, line desc))::bigint as after from moved),
page as (
    select * from counted
    where (%(kinds)s is null or kind = any(%(kinds)s))
      and (%(before)s is null
           or (booked_at, journal_id, line) < (%(before)s, %(before_journal)s, %(before_line)s))
    order by booked_at desc, journal_id desc, line desc
    limit %(limit)s)
select p.booked_on, p.region, p.journal_id, p.purpose, p.kind, p.booked_at, p.amount,
       q.person_no, i.name, s.care, p.line, s.journal_id is not null, m.kind, m.year, p.after, q.name
from page p
left join lateral (
    select journal_id, person_no, institution, care from settlement
    where (booked_on, region, journal_id) = (p.booked_on, p.region, p.journal_id) limit 1) s on true
left join lateral (
    select kind, year, person_no from premium
    where (booked_on, region, journal_id) = (p.booked_on, p.region, p.journal_id) limit 1) m on true
left join person q on q.person_no = coalesce(s.person_no, m.person_no)
left join institution i on i.code = s.institution
order by p.booked_at desc, p.journal_id desc, p.line desc;

-- name: movement_months
-- What went into and out of a person's accounts month by month; what only moved between them comes to nothing.
select date_trunc('month', p.booked_on)::date, j.kind, p.purpose, sum(p.amount)::bigint
from account a
cross join lateral (
    select booked_on, region, journal_id, purpose, -amount as amount
    from posting where from_account = a.id and booked_on >= %(since)s
    union all
    select booked_on, region, journal_id, purpose, amount
    from posting where to_account = a.id and booked_on >= %(since)s) p
cross join lateral (
    select kind from journal where (booked_on, region, id) = (p.booked_on, p.region, p.journal_id) limit 1) j
where a.kind in ('personal', 'family', 'quota_hold', 'wallet') and a.owner = %(owner)s
group by 1, 2, 3
order by 1;
