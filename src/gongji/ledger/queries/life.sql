-- name: life_events_of
select kind, happened_on, reported_at, actor, channel, place, details from life_event
where person_no = %(person_no)s order by id;

-- name: add_life_event
insert into life_event (person_no, kind, happened_on, reported_at, actor, channel, place, details)
values (%(person_no)s, %(kind)s, %(on)s, %(now)s, %(actor)s, %(channel)s, %(place)s, %(details)s)
on conflict do nothing returning id;

-- name: set_insurance
update person set insurance = %(insurance)s, suspended_on = %(suspended_on)s,
    died_on = coalesce(%(died_on)s, died_on)
where person_no = %(person_no)s;

-- name: move_person
update person set region = %(to)s, moved_on = array_append(moved_on, %(on)s::date),
    moved_from = array_append(moved_from, %(left)s::text)
where person_no = %(person_no)s;

-- name: end_filings_of
-- What was filed with one pooling area holds nothing in another.
update filing set ends_on = case when begins_on < %(on)s then %(on)s::date - 1 else ends_on end,
    state = case when begins_on < %(on)s then 'open' else 'revoked' end,
    revoked_at = case when begins_on < %(on)s then null else %(at)s end
where person_no = %(person_no)s and state = 'open' and (ends_on is null or ends_on >= %(on)s);

-- name: leave_accounts
-- Accounts of a place that their owner has left; what belongs on them goes to those of his new place.
update account set state = 'moved' where id = any(%(ids)s);

-- name: replace_card
with old as (
    insert into former_card (card_no, person_no, replaced_at)
    select card_no, person_no, %(now)s from person where person_no = %(person_no)s and card_no <> %(card_no)s
    on conflict (card_no) do nothing)
update person set card_no = %(card_no)s where person_no = %(person_no)s;

-- name: card_taken
select 1 from person where card_no = %(card_no)s and person_no <> %(person_no)s
union all
select 1 from former_card where card_no = %(card_no)s;

-- name: settlements_after
-- Settlements after a day that still stand: a person's own, and those that drew on his account.
select s.region || to_char(s.booked_on, 'YYYYMMDD') || lpad(s.journal_id::text, 16, '0'), s.settled_at, s.institution,
       s.total + coalesce(whole.total, 0), s.own + coalesce(whole.own, 0), s.shared + coalesce(whole.shared, 0), s.person_no
from settlement s
left join lateral amounts_as_settled(s.replaces) whole on true
where s.person_no = %(person_no)s and s.settled_at >= %(after)s and s.reverses is null
  and not exists (select from reversal r where r.settlement_id
                  = s.region || to_char(s.booked_on, 'YYYYMMDD') || lpad(s.journal_id::text, 16, '0'))
order by s.settled_at, s.journal_id limit 100;

-- name: draws_after
-- What was drawn through bindings on days after a day, and not given back.
select binding_id, day, amount from binding_use
where binding_id = any(%(bindings)s) and day > %(on)s and amount > 0 order by day, binding_id;

-- name: bindings_ever_of
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, limits, term, created_at,
       ended_reason
from binding where authoriser = any(%(people)s) or user_no = any(%(people)s) order by id;

-- name: freeze_accounts
update account set state = %(after)s
where owner = %(owner)s and kind in ('personal', 'family', 'quota_hold', 'wallet') and state = %(before)s
returning id;
