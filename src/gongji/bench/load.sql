-- name: people
insert into person (person_no, region, name, certificate_no, card_no, gender, birth_date, scheme, status, insurance,
                    real_name_verified, fictitious)
select '61010000' || lpad(n::text, 18, '0'), '610100', '测', '9902' || lpad(n::text, 14, '0'), 'Z' || lpad(n::text, 9, '0'),
       '1', '1960-01-01', 'employee', case when mod(n, 3) = 0 then 'retired' else 'active' end, 'insured', true, true
from generate_series(%(first)s::bigint, %(last)s::bigint) n;

-- name: accounts
insert into account (region, kind, owner)
select '610100', 'personal', '61010000' || lpad(n::text, 18, '0') from generate_series(%(first)s::bigint, %(last)s::bigint) n;

-- name: bindings
-- Every fourth person may draw on the account of the next one.
insert into binding (id, authoriser, user_no, relation, position, state, starts_on, proof, created_at, changed_at)
select 'B' || n, '61010000' || lpad((n + 1)::text, 18, '0'), '61010000' || lpad(n::text, 18, '0'), 'parent', 1, 'active',
       '2025-01-01', '{}', now(), now()
from generate_series(%(first)s::bigint, %(last)s::bigint - 1, 4) n;

-- name: institutions
insert into institution (code, region, name, kind, level)
select 'H610100' || lpad(n::text, 5, '0'), '610100', '测试医院', 'hospital', (1 + mod(n, 3))::text
from generate_series(1, %(institutions)s) n;

-- name: visits
insert into visit (id, region, person_no, institution, number, care, began_on, created_at)
select 'V' || n, '610100', '61010000' || lpad((1 + mod(n, %(accounts)s))::text, 18, '0'),
       'H610100' || lpad((1 + mod(n, %(institutions)s))::text, 5, '0'), 'N' || n, 'outpatient', current_date, now()
from generate_series(%(first)s::bigint, %(last)s::bigint) n;

-- name: fee_lines
-- Bills of 20 to 600 yuan, one part of them borne first by the person.
insert into fee_line (visit_id, line_no, batch, item, amount, full_self_pay, over_limit, first_self_pay, details)
select 'V' || n, '1', '1', 'X', amount, 0, 0, amount / 50, '{}'
from (select n, 2000 + mod(n::bigint * 7919, 58000) as amount from generate_series(%(first)s::bigint, %(last)s::bigint) n) bills;

-- name: family
-- One family: its head, and relatives who have nothing of their own and may all draw on his account.
insert into person (person_no, region, name, certificate_no, card_no, gender, birth_date, scheme, status, insurance,
                    real_name_verified, fictitious)
select '61010001' || lpad(n::text, 18, '0'), '610100', '测', '9903' || lpad(n::text, 14, '0'), 'Y' || lpad(n::text, 9, '0'),
       '1', '1960-01-01', 'employee', 'retired', 'insured', true, true
from generate_series(0, 64) n;

-- name: family_accounts
insert into account (region, kind, owner)
select '610100', 'personal', person_no from person where person_no like '61010001%%' order by person_no;

-- name: family_bindings
insert into binding (id, authoriser, user_no, relation, position, state, starts_on, proof, created_at, changed_at)
select 'F' || n, '61010001' || lpad('0', 18, '0'), '61010001' || lpad(n::text, 18, '0'), 'parent', 1, 'active',
       '2025-01-01', '{}', now(), now()
from generate_series(1, 64) n;

-- name: family_visits
insert into visit (id, region, person_no, institution, number, care, began_on, created_at)
select 'V' || n, '610100', '61010001' || lpad((1 + mod(n, 64))::text, 18, '0'),
       'H610100' || lpad((1 + mod(n, %(institutions)s))::text, 5, '0'), 'N' || n, 'outpatient', current_date, now()
from generate_series(%(first)s::bigint, %(last)s::bigint) n;
