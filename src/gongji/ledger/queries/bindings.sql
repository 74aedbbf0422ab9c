-- name: bindings_of_users
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, cap_per_transaction, created_at
from binding where user_no = any(%(patients)s) and state = 'active' order by user_no, position, created_at;

-- name: binding
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, cap_per_transaction, created_at
from binding where id = %(id)s;

-- name: bindings_of_person
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, cap_per_transaction, created_at
from binding where authoriser = %(person_no)s or user_no = %(person_no)s order by created_at desc;

-- name: binding_counts
select count(*) filter (where authoriser = %(authoriser)s),
       count(*) filter (where user_no = %(user)s),
       count(*) filter (where authoriser = %(authoriser)s and user_no = %(user)s)
from binding where state <> 'ended' and (authoriser = %(authoriser)s or user_no = %(user)s);

-- name: add_binding
insert into binding (id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on,
                     cap_per_transaction, proof, created_at, changed_at)
values (%(id)s, %(authoriser)s, %(user)s, %(relation)s, %(mode)s, %(position)s, %(state)s, %(starts_on)s, %(ends_on)s,
        %(cap)s, %(proof)s, %(at)s, %(at)s);

-- name: change_binding
update binding set state = %(state)s, ended_reason = %(reason)s, changed_at = %(at)s where id = %(id)s;

-- name: add_binding_event
insert into binding_event (binding_id, at, what, actor, channel, details)
values (%(binding)s, %(at)s, %(what)s, %(actor)s, %(channel)s, %(details)s);

-- name: live_bindings
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, cap_per_transaction, created_at
from binding where state <> 'ended' order by id;

-- name: last_position
select coalesce(max(position), 0) from binding where user_no = %(user)s and state <> 'ended';

-- name: expire_bindings
update binding set state = 'ended', ended_reason = 'expired', changed_at = %(at)s
where state <> 'ended' and ends_on < %(today)s and (authoriser = any(%(people)s) or user_no = any(%(people)s))
returning id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, cap_per_transaction, created_at;
