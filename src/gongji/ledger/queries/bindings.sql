-- name: bindings_of_users
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, limits, term, created_at,
       ended_reason
from binding where user_no = any(%(patients)s) and state in ('active', 'frozen') order by user_no, position, created_at;

-- name: binding
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, limits, term, created_at,
       ended_reason
from binding where id = %(id)s;

-- name: bindings_of_person
-- With the channel by which each was made, and what was said when it ended or was turned down.
select b.id, b.authoriser, b.user_no, b.relation, b.mode, b.position, b.state, b.starts_on, b.ends_on, b.limits, b.term,
       b.created_at, b.ended_reason, b.proof ->> 'channel',
       (select e.details ->> 'reason' from binding_event e
        where e.binding_id = b.id and e.what = b.ended_reason order by e.no desc limit 1)
from binding b where b.authoriser = %(person_no)s or b.user_no = %(person_no)s order by b.created_at desc;

-- name: relatives_of_person
-- Who gives, and the names of both sides, of the bindings in force or waiting in which a person is either side.
select b.authoriser, a.name, u.name
from binding b join person a on a.person_no = b.authoriser join person u on u.person_no = b.user_no
where (b.authoriser = %(person_no)s or b.user_no = %(person_no)s)
  and b.state in ('active', 'pending')
order by b.created_at desc;

-- name: binding_counts
-- Other people on each side, and whether the two are bound in this mode; what has run out no longer counts.
select count(distinct user_no) filter (where authoriser = %(authoriser)s and user_no <> %(user)s),
       count(distinct authoriser) filter (where user_no = %(user)s and authoriser <> %(authoriser)s),
       count(*) filter (where authoriser = %(authoriser)s and user_no = %(user)s and mode = %(mode)s)
from binding
where state <> 'ended' and (ends_on is null or ends_on >= %(today)s)
  and (authoriser = %(authoriser)s or user_no = %(user)s);

-- name: add_binding
insert into binding (id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on,
                     limits, term, proof, device, created_at, changed_at)
values (%(id)s, %(authoriser)s, %(user)s, %(relation)s, %(mode)s, %(position)s, %(state)s, %(starts_on)s, %(ends_on)s,
        %(limits)s, %(term)s, %(proof)s, %(device)s, %(at)s, %(at)s);

-- name: change_binding
update binding set state = %(state)s, ended_reason = %(reason)s, changed_at = %(at)s where id = %(id)s;

-- name: add_binding_event
insert into binding_event (binding_id, at, what, actor, channel, clerk, place, details)
values (%(binding)s, %(at)s, %(what)s, %(actor)s, %(channel)s, %(clerk)s, %(place)s, %(details)s);

-- name: live_bindings
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, limits, term, created_at,
       ended_reason
from binding where state <> 'ended' order by id;

-- name: last_position
select coalesce(max(position), 0) from binding where user_no = %(user)s and state <> 'ended';

-- name: expired_bindings
-- Bindings whose last day has passed.
select id from binding where state <> 'ended' and ends_on < %(today)s order by id;

-- name: expired_bindings_between
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, limits, term, created_at,
       ended_reason
from binding
where state <> 'ended' and ends_on < %(today)s and authoriser = %(authoriser)s and user_no = %(user)s;

-- name: binding_uses
-- Drawn through bindings today, this year and ever.
select u.binding_id,
       coalesce(sum(u.amount) filter (where u.day = %(today)s), 0)::bigint,
       coalesce(sum(u.amount) filter (where u.day >= date_trunc('year', %(today)s::date)), 0)::bigint,
       coalesce(sum(u.amount), 0)::bigint
from binding b join binding_use u on u.binding_id = b.id
where b.user_no = any(%(users)s) and b.state in ('active', 'frozen')
group by u.binding_id;

-- name: add_binding_uses
insert into binding_use as u (binding_id, day, amount)
select * from unnest(%(bindings)s::text[], %(days)s::date[], %(amounts)s::bigint[])
on conflict (binding_id, day) do update set amount = u.amount + excluded.amount;

-- name: give_back_binding_uses
update binding_use u set amount = u.amount - d.amount
from unnest(%(bindings)s::text[], %(days)s::date[], %(amounts)s::bigint[]) as d (binding_id, day, amount)
where (u.binding_id, u.day) = (d.binding_id, d.day);

-- name: end_bindings
update binding set state = 'ended', ended_reason = %(reason)s, changed_at = %(at)s
where id = any(%(ids)s) and state <> 'ended';

-- name: add_binding_events
insert into binding_event (binding_id, at, what, actor, channel)
select id, %(at)s, %(what)s, %(actor)s, %(channel)s from unnest(%(ids)s::text[]) as id;

-- name: amend_binding
update binding set limits = %(limits)s, changed_at = %(at)s where id = %(id)s;

-- name: reorder_bindings
update binding b set position = o.position, changed_at = %(at)s
from unnest(%(ids)s::text[]) with ordinality as o (id, position)
where b.id = o.id and b.position <> o.position
returning b.id;

-- name: uses_of_bindings
-- Drawn through bindings today, this year and ever.
select binding_id,
       coalesce(sum(amount) filter (where day = %(today)s), 0)::bigint,
       coalesce(sum(amount) filter (where day >= date_trunc('year', %(today)s::date)), 0)::bigint,
       coalesce(sum(amount), 0)::bigint
from binding_use where binding_id = any(%(ids)s) group by binding_id;

-- name: settlements_shared_by
-- Settlements and reversals that drew on what is a person's, or gave it back, newest first.
with mine as (
    select p.booked_on, p.region, p.journal_id
    from account a join posting p on p.from_account = a.id
    where a.owner = %(person_no)s and a.kind in ('personal', 'family', 'quota_hold') and p.purpose = any(%(purposes)s)
    union
    select p.booked_on, p.region, p.journal_id
    from account a join posting p on p.to_account = a.id
    where a.owner = %(person_no)s and a.kind in ('personal', 'family', 'quota_hold') and p.purpose = any(%(purposes)s)
    union
    select p.booked_on, p.region, p.journal_id
    from account a join posting p on p.to_account = a.id
    where a.owner = %(person_no)s and a.kind = 'suspense' and p.purpose = any(%(purposes)s))
select s.document from mine m join settlement s using (booked_on, region, journal_id)
where true
  and (%(since)s::date is null or s.booked_on >= %(since)s) and (%(until)s::date is null or s.booked_on <= %(until)s)
  and (%(care)s::text is null or s.care = %(care)s)
  and (%(before)s::timestamptz is null or (s.settled_at, s.journal_id) <= (%(before)s, %(before_journal)s::bigint))
order by s.settled_at desc, s.journal_id desc
limit %(limit)s;

-- name: settlements_shared_with
-- Settlements and reversals of a person in which relatives' money paid, newest first.
select s.document from settlement s
where s.person_no = %(person_no)s and s.shared <> 0
  and (%(since)s::date is null or s.booked_on >= %(since)s) and (%(until)s::date is null or s.booked_on <= %(until)s)
  and (%(care)s::text is null or s.care = %(care)s)
  and (%(before)s::timestamptz is null or (s.settled_at, s.journal_id) <= (%(before)s, %(before_journal)s::bigint))
order by s.settled_at desc, s.journal_id desc
limit %(limit)s;

-- name: others_in_mode
-- Live bindings of an authoriser in a mode.
select count(*) from binding where authoriser = %(authoriser)s and mode = %(mode)s and state <> 'ended';

-- name: binding_events
select at, what, actor, channel, clerk, place, details from binding_event where binding_id = %(id)s order by no;

-- name: bindings_in_review
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, limits, term, created_at,
       ended_reason
from binding b
where state = 'review' and (%(region)s::text is null or (
    select p.region like %(region)s from person p where p.person_no = b.authoriser))
order by created_at, id limit %(limit)s;

-- name: bindings_of_wards
-- Bindings that wait for the consent of somebody whose parent a person is.
select b.id, b.authoriser, b.user_no, b.relation, b.mode, b.position, b.state, b.starts_on, b.ends_on, b.limits, b.term,
       b.created_at, b.ended_reason
from binding b
where b.state = 'pending' and b.user_no = any(%(wards)s)
order by b.created_at, b.id;

-- name: bound_before
-- How often two people were bound since a moment.
select count(*) from binding
where authoriser = %(authoriser)s and user_no = %(user)s and created_at > %(since)s;

-- name: live_bindings_of
-- Bindings of people on either side that have not ended.
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, limits, term, created_at,
       ended_reason
from binding where (authoriser = any(%(people)s) or user_no = any(%(people)s)) and state <> 'ended' order by id;
