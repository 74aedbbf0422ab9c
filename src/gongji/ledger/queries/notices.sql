-- name: add_notices
-- Tells many people in one statement. Names of the other side and of the place are looked up here; whoever agreed to
-- be told elsewhere as well gets a row in the outbox.
with told as (
    insert into notice (person_no, kind, side, at, about, facts)
    select n.person_no, n.kind, n.side, %(at)s, n.about,
           n.facts || jsonb_strip_nulls(jsonb_build_object('other', p.name, 'place', i.name))
    from unnest(%(people)s::text[], %(kinds)s::text[], %(sides)s::text[], %(abouts)s::text[], %(facts)s::jsonb[],
                %(others)s::text[], %(places)s::text[]) with ordinality
         as n (person_no, kind, side, about, facts, other, place, no)
    left join person p on p.person_no = n.other
    left join institution i on i.code = n.place
    order by n.no
    returning person_no, kind, side, facts)
insert into outbox (kind, channel, recipient, payload, due_at, created_at)
select 'notice', c.channel, t.person_no, jsonb_build_object('kind', t.kind, 'side', t.side, 'facts', t.facts),
       %(at)s, %(at)s
from told t
join notice_consent c on c.person_no = t.person_no and c.kind = t.kind and c.withdrawn_at is null;

-- name: notices_of
select id, kind, side, at, about, facts, read_at from notice
where person_no = %(person_no)s and id < %(before)s order by id desc limit %(most)s;

-- name: unread_notices
select count(*) from notice where person_no = %(person_no)s and read_at is null;

-- name: read_notices
update notice set read_at = %(at)s where person_no = %(person_no)s and id = any(%(ids)s::bigint[]) and read_at is null;

-- name: notice_consents
select channel, kind, given_at from notice_consent
where person_no = %(person_no)s and withdrawn_at is null order by channel, kind;

-- name: lock_person
select person_no from person where person_no = %(person_no)s for no key update;

-- name: withdraw_notice_consents
update notice_consent set withdrawn_at = %(at)s
where person_no = %(person_no)s and withdrawn_at is null
  and (channel, kind) not in (select * from unnest(%(channels)s::text[], %(kinds)s::text[]));

-- name: give_notice_consents
insert into notice_consent (person_no, channel, kind, given_at, given_through)
select %(person_no)s, w.channel, w.kind, %(at)s, %(through)s
from unnest(%(channels)s::text[], %(kinds)s::text[]) as w (channel, kind)
on conflict do nothing;
