-- name: add_incident
insert into incident (kind, key, at, region, institution, persons, details)
values (%(kind)s, %(key)s, %(at)s, %(region)s, %(institution)s, %(persons)s, %(details)s)
on conflict (key) where key <> '' do nothing returning id;

-- name: holder_of_credential
-- Whose a number is that was shown; and whether it was once the patient's own card.
select (select person_no from person
        where (card_no = any(%(numbers)s) or certificate_no = any(%(numbers)s)) and person_no <> %(person_no)s limit 1),
       exists (select from former_card where card_no = any(%(numbers)s) and person_no = %(person_no)s),
       (select region from person where person_no = %(person_no)s);

-- name: incidents
select i.id, i.kind, i.at, i.region, i.institution, i.persons, i.details, coalesce(s.state, 'open'), s.staff, s.at, s.reason
from incident i
left join lateral (select state, staff, at, reason from incident_step where incident_id = i.id order by no desc limit 1) s
    on true
where (%(region)s::text is null or i.region like %(region)s)
  and (%(state)s::text is null or coalesce(s.state, 'open') = %(state)s)
  and (%(kind)s::text is null or i.kind = %(kind)s)
  and (%(person_no)s::text is null or %(person_no)s = any(i.persons))
  and (%(before)s::bigint is null or i.id < %(before)s)
order by i.id desc limit %(limit)s;

-- name: lock_incident
select i.id, i.kind, i.at, i.region, i.institution, i.persons, i.details, coalesce(s.state, 'open'), s.staff, s.at, s.reason
from incident i
left join lateral (select state, staff, at, reason from incident_step where incident_id = i.id order by no desc limit 1) s
    on true
where i.id = %(id)s for no key update of i;

-- name: add_incident_step
insert into incident_step (incident_id, no, at, state, staff, reason, fine)
select %(id)s, coalesce(max(no), 0) + 1, %(at)s, %(state)s, %(staff)s, %(reason)s, %(fine)s
from incident_step where incident_id = %(id)s;

-- name: add_untrustworthy
insert into untrustworthy (person_no, since, incident_id) values (%(person_no)s, %(since)s, %(incident)s)
on conflict do nothing;

-- name: is_untrustworthy
select exists (select from untrustworthy where person_no = %(person_no)s and since <= %(today)s
               and (until_on is null or until_on >= %(today)s));

-- name: add_staff_act
insert into staff_act (at, staff, what, region, person_no, about, place, reason)
values (%(at)s, %(staff)s, %(what)s, %(region)s, %(person_no)s, %(about)s, %(place)s, %(reason)s);

-- name: staff_acts
select id, at, staff, what, region, person_no, about, place, reason from staff_act
where (%(region)s::text is null or region like %(region)s)
  and (%(person_no)s::text is null or person_no = %(person_no)s)
  and (%(before)s::bigint is null or id < %(before)s)
order by id desc limit %(limit)s;

-- name: staff_by_login
select login, name, role, region from staff where login = %(login)s and disabled_at is null;

-- name: patterns_of_bindings
-- Bindings since a moment that share a device, a phone, a user, a pair or an authoriser with enough others, where
-- something came since the last look.
with made as (
    select b.id, b.authoriser, b.user_no, b.created_at, b.term, p.region, p.phone, b.device
    from binding b join person p on p.person_no = b.authoriser
    where b.created_at > %(since)s),
groups as (
    select array_agg(id) as ids from made where device <> '' group by device
        having count(*) >= %(least)s and max(created_at) > %(new)s
    union all
    select array_agg(id) from made where phone <> '' group by phone
        having count(*) >= %(least)s and max(created_at) > %(new)s
    union all
    select array_agg(id) from made group by user_no having count(*) >= %(least)s and max(created_at) > %(new)s
    union all
    select array_agg(id) from made where term = 'single_use' group by authoriser
        having count(*) >= %(least)s and max(created_at) > %(new)s)
select id, authoriser, user_no, created_at, term, region, phone, device from made
where id = any(select unnest(ids) from groups) order by created_at, id;

-- name: patterns_of_settlements
-- Settlements of the last days of people who settled at two institutions or more, where something came since the last
-- look. Region and day are the leading columns of the key: only these days are read.
with recent as (
    select s.region, s.booked_on, s.journal_id, s.person_no, s.institution, s.care, s.settled_at,
           s.total + coalesce(whole.total, 0) as total, s.shared + coalesce(whole.shared, 0) as shared
    from settlement s
    left join lateral amounts_as_settled(s.replaces) whole on true
    where s.region = any(%(regions)s) and s.booked_on = any(%(days)s::date[]) and s.reverses is null
      and not exists (select from reversal r where r.settlement_id
                      = s.region || to_char(s.booked_on, 'YYYYMMDD') || lpad(s.journal_id::text, 16, '0'))),
busy as (
    select person_no from recent group by person_no
    having count(distinct institution) > 1 and max(settled_at) > %(new)s)
select r.region || to_char(r.booked_on, 'YYYYMMDD') || lpad(r.journal_id::text, 16, '0'), r.person_no, r.region,
       r.institution, i.region, r.care, r.settled_at, r.total, r.shared
from recent r join busy using (person_no) join institution i on i.code = r.institution
order by r.settled_at, r.journal_id;

-- name: reports_of
select i.id, i.kind, i.at, i.region, i.institution, i.persons, i.details, coalesce(s.state, 'open'), s.staff, s.at, s.reason
from incident i
left join lateral (select state, staff, at, reason from incident_step where incident_id = i.id order by no desc limit 1) s
    on true
where i.details ? 'told_by' and i.details ->> 'told_by' = %(person_no)s
order by i.id desc limit 50;
