-- name: institution_bills
-- An institution's settlements and reversals of a time. What it undid because it had no answer is left out with its
-- undoing: it holds neither.
select s.region, s.booked_on, s.journal_id, s.visit_id, s.person_no, s.total, s.pool + s.supplementary,
       s.own + s.shared, s.cash, s.message_id, s.settled_at, s.reverses, s.reverses is null and back.settlement_id is null,
       s.care, s.replaces, whole.total, whole.fund, whole.own + whole.shared, whole.cash
from settlement s
left join lateral amounts_as_settled(s.replaces) whole on true
left join reversal back
    on back.settlement_id = s.region || to_char(s.booked_on, 'YYYYMMDD') || lpad(s.journal_id::text, 16, '0')
left join settlement b
    on (b.region, b.booked_on, b.journal_id)
     = (substr(back.reversed_by, 1, 6), to_date(substr(back.reversed_by, 7, 8), 'YYYYMMDD'),
        substr(back.reversed_by, 15)::bigint)
left join message m
    on (m.sender, m.message_id) = (s.institution, case when s.reverses is null then b.message_id else s.message_id end)
where s.institution = %(institution)s and s.booked_on between %(first)s and %(last)s
  and s.settled_at >= %(from_at)s and s.settled_at < %(until_at)s
  and (%(region)s::text is null or s.region = %(region)s)
  and (%(cares)s::text[] is null or s.care = any(%(cares)s))
  and (%(scheme)s::text is null
       or convert_from(s.document, 'UTF8')::jsonb #>> '{case,facts,scheme}' = %(scheme)s)
  and m.transaction is distinct from %(undo)s
order by s.settled_at, s.journal_id;

-- name: bills_by_id
select s.region, s.booked_on, s.journal_id, s.visit_id, s.person_no, s.total, s.pool + s.supplementary,
       s.own + s.shared, s.cash, s.message_id, s.settled_at, s.reverses,
       s.reverses is null and not exists (
           select from reversal where settlement_id
               = s.region || to_char(s.booked_on, 'YYYYMMDD') || lpad(s.journal_id::text, 16, '0')),
       s.care, s.replaces, whole.total, whole.fund, whole.own + whole.shared, whole.cash
from unnest(%(days)s::date[], %(regions)s::text[], %(journals)s::bigint[]) as k (booked_on, region, journal_id)
join settlement s using (booked_on, region, journal_id)
left join lateral amounts_as_settled(s.replaces) whole on true
where s.institution = %(institution)s;

-- name: put_holdings
insert into holding as h (institution, settlement_id, refund, visit_id, person_no, total, fund, account, times, from_at,
                          until_at, region, cares, stated_at)
select %(institution)s, r.*, %(from_at)s, %(until_at)s, %(region)s, %(cares)s, %(now)s
from unnest(%(settlements)s::text[], %(refunds)s::boolean[], %(visits)s::text[], %(persons)s::text[],
            %(totals)s::bigint[], %(funds)s::bigint[], %(accounts)s::bigint[], %(times)s::integer[]) as r
on conflict (institution, settlement_id, refund) do update set
    visit_id = excluded.visit_id, person_no = excluded.person_no, total = excluded.total, fund = excluded.fund,
    account = excluded.account, times = excluded.times, from_at = excluded.from_at, until_at = excluded.until_at,
    region = excluded.region, cares = excluded.cares, stated_at = excluded.stated_at;

-- name: drop_holdings
-- What an earlier list of the same time said, before the whole list of today.
delete from holding h
where h.institution = %(institution)s and h.from_at >= %(from_at)s and h.until_at <= %(until_at)s
  and (%(region)s::text is null or h.region = %(region)s) and (%(cares)s::text[] is null or h.cares <@ %(cares)s);

-- name: add_holding_list
insert into holding_list (institution, from_at, until_at, region, cares, stated_at)
values (%(institution)s, %(from_at)s, %(until_at)s, %(region)s, %(cares)s, %(now)s);

-- name: holdings
select settlement_id, visit_id, person_no, total, fund, account, refund, times
from holding
where institution = %(institution)s and until_at > %(from_at)s and from_at < %(until_at)s
order by stated_at, settlement_id, refund;

-- name: holdings_by_id
select settlement_id, visit_id, person_no, total, fund, account, refund, times
from holding where institution = %(institution)s and settlement_id = any(%(ids)s);

-- name: holding_lists
select from_at, until_at, region, cares, stated_at from holding_list
where institution = %(institution)s and until_at > %(from_at)s;

-- name: refused_claims
-- Messages of an institution about settlements that the books do not have.
select message_id, transaction, convert_from(answer, 'UTF8'), received_at from message
where sender = %(institution)s and received_at >= %(from_at)s and outcome = 'refused'
  and convert_from(answer, 'UTF8') = any(%(codes)s)
order by received_at desc limit %(limit)s;

-- name: note_undelivered
-- Whoever asked for something, or was refused, has lost nothing: only what was done is noted.
insert into undelivered (institution, message_id, at)
select sender, message_id, %(now)s from message
where sender = %(institution)s and message_id = %(message)s and outcome = 'done'
on conflict (institution, message_id) do update set at = excluded.at;

-- name: forget_undelivered
delete from undelivered u using unnest(%(institutions)s::text[], %(messages)s::text[]) as k (institution, message_id)
where (u.institution, u.message_id) = (k.institution, k.message_id);

-- name: undelivered
select u.message_id, m.transaction, m.settlement_id, u.at
from undelivered u join message m on (m.sender, m.message_id) = (u.institution, u.message_id)
where u.institution = %(institution)s and u.at >= %(from_at)s and m.outcome = 'done'
order by u.at, u.message_id;

-- name: sweep_undelivered
delete from undelivered where at < %(long_ago)s;

-- name: sweep_holdings
delete from holding where until_at < %(long_ago)s and stated_at < %(long_ago)s;

-- name: sweep_holding_lists
delete from holding_list where until_at < %(long_ago)s and stated_at < %(long_ago)s;
