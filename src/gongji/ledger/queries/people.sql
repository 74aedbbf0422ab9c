-- name: people
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years - repaid_years, employer,
       real_name_verified, covered, moved_on, moved_from
from person where person_no = any(%(person_nos)s);

-- name: people_and_their_authorisers
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years - repaid_years, employer,
       real_name_verified, covered, moved_on, moved_from
from person
where person_no = any(array(
    select unnest(%(patients)s::text[])
    union
    select authoriser from binding where user_no = any(%(patients)s) and state in ('active', 'frozen')));

-- name: person_by_certificate
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years - repaid_years, employer,
       real_name_verified, covered, moved_on, moved_from
from person where certificate_no = %(number)s;

-- name: person_by_card
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years - repaid_years, employer,
       real_name_verified, covered, moved_on, moved_from
from person where card_no = %(number)s;

-- name: year_totals
select person_no, year, benefit, deductible, eligible, pool, events, region
from year_total where person_no = any(%(person_nos)s);

-- name: add_year_totals
insert into year_total as y (region, person_no, year, benefit, deductible, eligible, pool, events)
select * from unnest(%(regions)s::text[], %(person_nos)s::text[], %(years)s::smallint[], %(benefits)s::text[],
                     %(deductibles)s::bigint[], %(eligibles)s::bigint[], %(pools)s::bigint[], %(events)s::integer[])
on conflict (person_no, year, benefit, region) do update set
    deductible = y.deductible + excluded.deductible,
    eligible = y.eligible + excluded.eligible,
    pool = y.pool + excluded.pool,
    events = y.events + excluded.events;

-- name: add_person
insert into person (person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date,
                    scheme, status, insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years,
                    employer, real_name_verified, password_hash, fictitious)
values (%(person_no)s, %(region)s, %(name)s, %(certificate_type)s, %(certificate_no)s, %(card_no)s, %(phone)s,
        %(gender)s, %(birth_date)s, %(scheme)s, %(status)s, %(insurance)s, %(insured_since)s, %(suspended_on)s,
        %(retired_on)s, %(gp_signed)s, %(missing_years)s, %(employer)s, %(real_name_verified)s, %(password_hash)s,
        %(fictitious)s);

-- name: demo_people
select person_no, region, name, certificate_type, certificate_no, card_no, phone, gender, birth_date, scheme, status,
       insurance, insured_since, suspended_on, retired_on, gp_signed, missing_years - repaid_years, employer,
       real_name_verified, covered, moved_on, moved_from
from person where fictitious order by person_no;
