-- name: add_mobile_order
insert into mobile_order (id, number, key_no, institution, org_order, person_no, visit_id, batch, care, account_use,
                          total, declared, state, created_at, changed_at)
values (%(id)s, %(number)s, %(key_no)s, %(institution)s, %(org_order)s, %(person_no)s, %(visit)s, %(batch)s, %(care)s,
        %(account_use)s, %(total)s, %(declared)s, 'saved', %(at)s, %(at)s)
on conflict (institution, org_order) where state <> 'revoked' do nothing
returning id;

-- name: mobile_order
select id, number, key_no, institution, org_order, person_no, visit_id, batch, care, account_use, total, declared, state,
       consent_id, consent_until, settlement_id, reversal_id, own_pay, own_pay_returned, paid_at, created_at
from mobile_order where id = %(id)s;

-- name: mobile_order_for_change
select id, number, key_no, institution, org_order, person_no, visit_id, batch, care, account_use, total, declared, state,
       consent_id, consent_until, settlement_id, reversal_id, own_pay, own_pay_returned, paid_at, created_at
from mobile_order where id = %(id)s for update;

-- name: mobile_orders_of
select id, number, key_no, institution, org_order, person_no, visit_id, batch, care, account_use, total, declared, state,
       consent_id, consent_until, settlement_id, reversal_id, own_pay, own_pay_returned, paid_at, created_at
from mobile_order where person_no = %(person_no)s order by created_at desc, id limit %(most)s;

-- name: consent_to_mobile_order
update mobile_order
set consent_id = %(consent)s, consent_until = %(until)s, consented_through = %(channel)s, changed_at = %(at)s
where id = %(id)s;

-- name: enter_mobile_order
update mobile_order set state = %(state)s, changed_at = %(at)s where id = %(id)s;

-- name: pay_mobile_order
update mobile_order
set state = %(state)s, settlement_id = %(settlement)s, own_pay = %(own_pay)s, paid_at = %(at)s, changed_at = %(at)s
where id = %(id)s;

-- name: return_mobile_order
update mobile_order
set reversal_id = coalesce(reversal_id, %(reversal)s), own_pay_returned = own_pay_returned + %(cash)s,
    changed_at = %(at)s
where id = %(id)s;

-- name: mobile_refund
select order_id, kind, cash, reversal_id, at
from mobile_refund where institution = %(institution)s and serial = %(serial)s;

-- name: add_mobile_refund
insert into mobile_refund (institution, serial, order_id, kind, cash, reversal_id, at)
values (%(institution)s, %(serial)s, %(order)s, %(kind)s, %(cash)s, %(reversal)s, %(at)s);

-- name: institution_of_app
select code, credentials from institution where credentials->'mobile'->>'app_id' = %(app)s;

-- name: mobile_orders_waiting
select count(*) from mobile_order where person_no = %(person_no)s and state = 'saved';
