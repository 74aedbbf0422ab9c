-- name: lock_accounts_around
-- Every personal account that a settlement of these patients, or the reversals named, can touch. Always locked in id
-- order and before anything else: two batches can then never wait for each other in a circle.
select id, region, owner, segment, state, balance, held
from account
where id = any(array(
    select id from account where kind = 'personal' and owner = any(%(patients)s)
    union
    select a.id
    from binding b join account a on a.kind = 'personal' and a.owner = b.authoriser
    where b.user_no = any(%(patients)s) and b.state = 'active'
    union
    select unnest(%(also)s::bigint[])))
order by id
for no key update;

-- name: read_accounts_around
select id, region, owner, segment, state, balance, held
from account
where id = any(array(
    select id from account where kind = 'personal' and owner = any(%(patients)s)
    union
    select a.id
    from binding b join account a on a.kind = 'personal' and a.owner = b.authoriser
    where b.user_no = any(%(patients)s) and b.state = 'active'
    union
    select unnest(%(also)s::bigint[])))
order by id;

-- name: accounts_of_postings
-- Personal accounts that the journals of these settlements moved.
select a.id
from unnest(%(days)s::date[], %(regions)s::text[], %(journals)s::bigint[]) as s (booked_on, region, journal_id)
join posting p using (booked_on, region, journal_id)
join account a on a.id in (p.from_account, p.to_account) and a.kind = 'personal';

-- name: lock_accounts
-- In id order, like every batch does.
select id, region, owner, segment, state, balance, held
from account where kind = 'personal' and owner = any(%(owners)s) order by id for no key update;

-- name: read_accounts
select id, region, owner, segment, state, balance, held
from account where kind = 'personal' and owner = any(%(owners)s) order by id;

-- name: messages
select m.sender, m.message_id, m.transaction, m.input_hash, m.outcome, m.settlement_id, m.answer
from unnest(%(senders)s::text[], %(message_ids)s::text[]) as k (sender, message_id)
join message m using (sender, message_id);

-- name: people
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years, employer, real_name_verified
from person where person_no = any(%(person_nos)s);

-- name: people_and_their_authorisers
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years, employer, real_name_verified
from person
where person_no = any(array(
    select unnest(%(patients)s::text[])
    union
    select authoriser from binding where user_no = any(%(patients)s) and state = 'active'));

-- name: person_by_certificate
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years, employer, real_name_verified
from person where certificate_no = %(number)s;

-- name: person_by_card
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years, employer, real_name_verified
from person where card_no = %(number)s;

-- name: institutions
select code, region, name, kind, level, grade, community, designated
from institution where code = any(%(codes)s);

-- name: institution_credentials
select credentials from institution where code = %(code)s;

-- name: bindings_of_users
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, cap_per_transaction, created_at
from binding where user_no = any(%(patients)s) and state = 'active' order by user_no, position, created_at;

-- name: visits
select id, region, person_no, institution, number, care, began_on, state
from visit where id = any(%(ids)s);

-- name: batch_totals
select f.visit_id, f.batch, count(*), sum(f.amount)::bigint, sum(f.full_self_pay)::bigint,
       sum(f.over_limit)::bigint, sum(f.first_self_pay)::bigint
from unnest(%(visits)s::text[], %(batches)s::text[]) as k (visit_id, batch)
join fee_line f using (visit_id, batch)
group by f.visit_id, f.batch;

-- name: year_totals
select person_no, year, benefit, deductible, eligible, pool, events, region
from year_total where person_no = any(%(person_nos)s);

-- name: settled_batches
select s.visit_id, s.batch, s.settlement_id
from unnest(%(visits)s::text[], %(batches)s::text[]) as k (visit_id, batch)
join settled_batch s using (visit_id, batch);

-- name: settlements
select s.document
from unnest(%(days)s::date[], %(regions)s::text[], %(journals)s::bigint[]) as k (booked_on, region, journal_id)
join settlement s using (booked_on, region, journal_id);

-- name: reversals
select settlement_id, reversed_by from reversal where settlement_id = any(%(ids)s);

-- name: next_journal_ids
select nextval('journal_id') from generate_series(1, %(count)s);

-- name: next_visit_ids
select nextval('visit_id') from generate_series(1, %(count)s);

-- name: ensure_accounts
insert into account (region, kind, owner)
select * from unnest(%(regions)s::text[], %(kinds)s::account_kind[], %(owners)s::text[])
on conflict (kind, owner, segment, region) do nothing;

-- name: find_accounts
select a.id, a.kind, a.owner, a.region
from unnest(%(regions)s::text[], %(kinds)s::account_kind[], %(owners)s::text[]) as k (region, kind, owner)
join account a using (region, kind, owner);

-- name: move_balances
update account a set balance = a.balance + d.delta
from unnest(%(ids)s::bigint[], %(deltas)s::bigint[]) as d (id, delta)
where a.id = d.id;

-- name: add_year_totals
insert into year_total as y (region, person_no, year, benefit, deductible, eligible, pool, events)
select * from unnest(%(regions)s::text[], %(person_nos)s::text[], %(years)s::smallint[], %(benefits)s::text[],
                     %(deductibles)s::bigint[], %(eligibles)s::bigint[], %(pools)s::bigint[], %(events)s::integer[])
on conflict (person_no, year, benefit, region) do update set
    deductible = y.deductible + excluded.deductible,
    eligible = y.eligible + excluded.eligible,
    pool = y.pool + excluded.pool,
    events = y.events + excluded.events;

-- name: add_journals
insert into journal (booked_on, region, id, kind, booked_at, sender, message_id, reverses, document_hash, lane, seal_no)
select %(day)s::date, region, id, kind, %(booked_at)s, sender, message_id, reverses, hash, %(lane)s, %(seal)s
from unnest(%(regions)s::text[], %(ids)s::bigint[], %(kinds)s::text[], %(senders)s::text[], %(message_ids)s::text[],
            %(reverses)s::bigint[], %(hashes)s::bytea[])
     as j (region, id, kind, sender, message_id, reverses, hash);

-- name: add_postings
insert into posting (booked_on, region, journal_id, line, from_account, to_account, amount, purpose)
select %(day)s::date, p.*
from unnest(%(regions)s::text[], %(journals)s::bigint[], %(lines)s::smallint[], %(from_accounts)s::bigint[],
            %(to_accounts)s::bigint[], %(amounts)s::bigint[], %(purposes)s::text[]) as p;

-- name: add_settlements
insert into settlement (booked_on, settled_at, region, journal_id, visit_id, batch, person_no, institution, message_id,
                        care, reverses, total, pool, supplementary, own, shared, cash, balance_after, document)
select %(day)s::date, %(settled_at)s, s.*
from unnest(%(regions)s::text[], %(journals)s::bigint[], %(visits)s::text[], %(batches)s::text[],
            %(person_nos)s::text[], %(institutions)s::text[], %(message_ids)s::text[], %(cares)s::text[],
            %(reverses)s::text[], %(totals)s::bigint[], %(pools)s::bigint[], %(supplementaries)s::bigint[],
            %(owns)s::bigint[], %(shareds)s::bigint[], %(cashes)s::bigint[], %(balances)s::bigint[],
            %(documents)s::bytea[]) as s;

-- name: add_seal
insert into seal (lane, no, journals, previous, hash, sealed_at)
values (%(lane)s, %(no)s, %(journals)s, %(previous)s, %(hash)s, %(sealed_at)s);

-- name: last_seal
select no, hash from seal where lane = %(lane)s order by no desc limit 1;

-- name: add_messages
-- A refusal may be followed by a success under the same key; what is done stays as it is.
insert into message as m (sender, message_id, transaction, input_hash, outcome, settlement_id, answer, unknown,
                          received_at)
select m.*, %(received_at)s
from unnest(%(senders)s::text[], %(message_ids)s::text[], %(transactions)s::text[], %(hashes)s::bytea[],
            %(outcomes)s::text[], %(settlements)s::text[], %(answers)s::bytea[], %(unknowns)s::jsonb[]) as m
on conflict (sender, message_id) do update set
    transaction = excluded.transaction, input_hash = excluded.input_hash, outcome = excluded.outcome,
    settlement_id = excluded.settlement_id, answer = excluded.answer, unknown = excluded.unknown,
    received_at = excluded.received_at
where m.outcome = 'refused'
returning 1;

-- name: add_settled_batches
insert into settled_batch (visit_id, batch, settlement_id)
select * from unnest(%(visits)s::text[], %(batches)s::text[], %(settlements)s::text[]);

-- name: free_settled_batches
delete from settled_batch where settlement_id = any(%(settlements)s);

-- name: add_reversals
insert into reversal (settlement_id, reversed_by)
select * from unnest(%(settlements)s::text[], %(reversed_by)s::text[]);

-- name: add_visits
insert into visit (id, region, person_no, institution, number, care, began_on, details, created_at)
select * from unnest(%(ids)s::text[], %(regions)s::text[], %(person_nos)s::text[], %(institutions)s::text[],
                     %(numbers)s::text[], %(cares)s::text[], %(began)s::date[], %(details)s::jsonb[],
                     %(created_at)s::timestamptz[]);

-- name: add_fee_lines
insert into fee_line (visit_id, line_no, batch, item, amount, full_self_pay, over_limit, first_self_pay, details)
select * from unnest(%(visits)s::text[], %(line_nos)s::text[], %(batches)s::text[], %(items)s::text[],
                     %(amounts)s::bigint[], %(full)s::bigint[], %(over)s::bigint[], %(first)s::bigint[],
                     %(details)s::jsonb[]);

-- name: add_incidents
insert into incident (kind, at, institution, persons, details)
values (%(kind)s, %(at)s, %(institution)s, %(persons)s, %(details)s);

-- name: ensure_months
select ensure_months(%(first)s, %(last)s);

-- name: catalogue
select code, name, kind, level, first_self_pay, price_limit, price from catalogue_item;

-- name: add_catalogue_items
insert into catalogue_item (code, name, kind, level, first_self_pay, price_limit, price)
values (%(code)s, %(name)s, %(kind)s, %(level)s, %(first_self_pay)s, %(price_limit)s, %(price)s)
on conflict (code) do nothing;

-- name: add_institution
insert into institution (code, region, name, kind, level, grade, community, designated, credentials)
values (%(code)s, %(region)s, %(name)s, %(kind)s, %(level)s, %(grade)s, %(community)s, %(designated)s,
        %(credentials)s)
on conflict (code) do nothing;

-- name: all_institutions
select code, region, name, kind, level, grade, community, designated from institution order by region, code;

-- name: add_person
insert into person (person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date,
                    scheme, status, insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years,
                    employer, real_name_verified, password_hash, fictitious)
values (%(person_no)s, %(region)s, %(name)s, %(certificate_type)s, %(certificate_no)s, %(card_no)s, %(phone)s,
        %(gender)s, %(birth_date)s, %(scheme)s, %(status)s, %(insurance)s, %(insured_since)s, %(suspended_on)s,
        %(retired_on)s, %(gp_signed)s, %(missing_years)s, %(employer)s, %(real_name_verified)s, %(password_hash)s,
        %(fictitious)s);

-- name: open_account
insert into account (region, kind, owner, segment, state)
values (%(region)s, 'personal', %(owner)s, %(segment)s, %(state)s);

-- name: visit_of_number
select id, person_no from visit where institution = %(institution)s and number = %(number)s and state = 'open';

-- name: cancel_visit
update visit set state = 'cancelled' where id = %(visit)s;

-- name: describe_visit
update visit set care = coalesce(%(care)s, care), details = details || %(details)s where id = %(visit)s;

-- name: fee_lines_present
select line_no from fee_line where visit_id = %(visit)s and line_no = any(%(line_nos)s);

-- name: visit_has
select exists (select 1 from settled_batch where visit_id = %(visit)s),
       exists (select 1 from fee_line where visit_id = %(visit)s);

-- name: drop_fee_lines
-- Lines of a settled batch stay; '0000' names every batch that is not settled.
delete from fee_line f
where f.visit_id = %(visit)s and (f.batch = %(batch)s or %(batch)s = '0000')
  and not exists (select 1 from settled_batch s where s.visit_id = f.visit_id and s.batch = f.batch)
returning f.line_no;

-- name: add_sign_in
insert into sign_in (sign_no, institution, operator, signed_in_at)
values (%(sign_no)s, %(institution)s, %(operator)s, %(at)s);

-- name: sign_out
update sign_in set signed_out_at = %(at)s
where sign_no = %(sign_no)s and institution = %(institution)s and signed_out_at is null;

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

-- name: movements
-- What went into and out of a person's accounts, newest first.
select p.booked_on, p.region, p.journal_id, p.purpose, j.kind, j.booked_at,
       case when p.from_account = any(%(ids)s) then -p.amount else p.amount end,
       s.person_no, s.institution, s.care
from posting p
join journal j on (j.booked_on, j.region, j.id) = (p.booked_on, p.region, p.journal_id)
left join settlement s on (s.booked_on, s.region, s.journal_id) = (p.booked_on, p.region, p.journal_id)
where p.from_account = any(%(ids)s) or p.to_account = any(%(ids)s)
order by j.booked_at desc, p.journal_id desc, p.line desc
limit %(limit)s;

-- name: settlements_of_person
select document from settlement where person_no = %(person_no)s order by settled_at desc, journal_id desc limit %(limit)s;

-- name: password_of
select person_no, password_hash from person where certificate_no = %(login)s or card_no = %(login)s;

-- name: add_session
insert into session (token_hash, person_no, created_at, expires_at)
values (%(token_hash)s, %(person_no)s, %(now)s, %(expires)s);

-- name: session
select person_no from session where token_hash = %(token_hash)s and expires_at > %(now)s;

-- name: end_session
delete from session where token_hash = %(token_hash)s;

-- name: setting
select value from setting where key = %(key)s;

-- name: claim_setting
-- Answers a row to the first only: others wait for the first one's transaction and then find the key taken.
insert into setting (key, value) values (%(key)s, %(value)s) on conflict (key) do nothing returning key;

-- name: put_setting
insert into setting (key, value) values (%(key)s, %(value)s) on conflict (key) do update set value = excluded.value;

-- name: demo_people
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years, employer, real_name_verified
from person where fictitious order by person_no;

-- name: live_bindings
select id, authoriser, user_no, relation, mode, position, state, starts_on, ends_on, cap_per_transaction, created_at
from binding where state <> 'ended' order by id;

-- name: verify_journals
-- Every journal in the order of its chain.
select j.lane, j.seal_no, j.booked_at, j.region, j.id, j.kind, j.sender, j.message_id, j.reverses, j.document_hash,
       s.document, s.total, s.pool, s.supplementary, s.own, s.shared, s.cash
from journal j
left join settlement s on (s.booked_on, s.region, s.journal_id) = (j.booked_on, j.region, j.id)
order by j.lane, j.seal_no, j.id;

-- name: verify_postings
select p.journal_id, p.line, p.from_account, p.to_account, p.amount, p.purpose
from posting p join journal j on (j.booked_on, j.region, j.id) = (p.booked_on, p.region, p.journal_id)
order by j.lane, j.seal_no, p.journal_id, p.line;

-- name: verify_seals
select lane, no, journals, previous, hash from seal order by lane, no;

-- name: verify_balances
-- Personal accounts whose balance is not what the postings give.
select a.id, a.balance, coalesce(i.came, 0) - coalesce(o.went, 0)
from account a
left join (select to_account as id, sum(amount)::bigint as came from posting group by to_account) i using (id)
left join (select from_account as id, sum(amount)::bigint as went from posting group by from_account) o using (id)
where a.kind = 'personal' and a.balance <> coalesce(i.came, 0) - coalesce(o.went, 0)
order by a.id;

-- name: verify_orphans
-- Rows that name what is not there: postings without journal or account, settlements without journal.
select 'posting', p.journal_id from posting p
left join journal j on (j.booked_on, j.region, j.id) = (p.booked_on, p.region, p.journal_id)
where j.id is null
union all
select 'posting', p.journal_id from posting p
where not exists (select 1 from account a where a.id = p.from_account)
   or not exists (select 1 from account a where a.id = p.to_account)
union all
select 'settlement', s.journal_id from settlement s
left join journal j on (j.booked_on, j.region, j.id) = (s.booked_on, s.region, s.journal_id)
where j.id is null
union all
select 'seal', j.id from journal j
left join seal s on (s.lane, s.no) = (j.lane, j.seal_no)
where s.no is null
limit 1;

-- name: verify_links
-- A settlement that was taken back must have its reversal in the books, and the reverse.
select r.settlement_id from reversal r
left join settlement s on s.reverses = r.settlement_id
where s.journal_id is null
union all
select s.reverses from settlement s
left join reversal r on r.settlement_id = s.reverses
where s.reverses is not null and r.settlement_id is null
limit 1;

-- name: verify_year_totals
-- Yearly figures that are not the sum of the settlements, as the documents tell it.
with told as (
    select person_no,
           (d ->> 'year')::smallint as year,
           d ->> 'benefit' as benefit,
           sum(sign * (d -> 'split' ->> 'deductible')::bigint)::bigint as deductible,
           sum(sign * (d -> 'split' ->> 'eligible')::bigint)::bigint as eligible,
           sum(sign * (d -> 'split' ->> 'pool')::bigint)::bigint as pool,
           sum(sign)::integer as events
    from (select person_no, case when reverses is null then 1 else -1 end as sign,
                 convert_from(document, 'UTF8')::jsonb as d
          from settlement) s
    where d ->> 'benefit' is not null
    group by 1, 2, 3
)
select coalesce(y.person_no, t.person_no)
from year_total y full join told t using (person_no, year, benefit)
where (y.deductible, y.eligible, y.pool, y.events) is distinct from (t.deductible, t.eligible, t.pool, t.events)
limit 1;

-- name: last_position
select coalesce(max(position), 0) from binding where user_no = %(user)s and state <> 'ended';

-- name: expire_bindings
update binding set state = 'ended', ended_reason = 'expired', changed_at = %(at)s
where state <> 'ended' and ends_on < %(today)s and (authoriser = any(%(people)s) or user_no = any(%(people)s))
returning id;

-- name: add_citations
insert into citation (key, body) select * from unnest(%(keys)s::text[], %(bodies)s::jsonb[])
on conflict (key) do nothing;

-- name: citations
select key, body from citation where key = any(%(keys)s);
