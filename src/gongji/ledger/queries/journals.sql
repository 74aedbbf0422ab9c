-- name: next_journal_ids
select nextval('journal_id') from generate_series(1, %(count)s);

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

-- name: add_seal
insert into seal (lane, no, journals, previous, hash, sealed_at)
values (%(lane)s, %(no)s, %(journals)s, %(previous)s, %(hash)s, %(sealed_at)s);

-- name: last_seal
select no, hash from seal where lane = %(lane)s order by no desc limit 1;

-- name: ensure_months
select ensure_months(%(first)s, %(last)s);

-- name: add_journal_documents
insert into journal_document (booked_on, region, journal_id, document)
select %(day)s::date, * from unnest(%(regions)s::text[], %(journals)s::bigint[], %(documents)s::bytea[]);
