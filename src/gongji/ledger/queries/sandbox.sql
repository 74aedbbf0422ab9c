-- name: add_recordings
insert into recording (at, microseconds, institution, transaction, message_id, outcome, reason, fault, answered, status,
                       content_type, request, request_size, answer, answer_size, replays)
select * from unnest(%(at)s::timestamptz[], %(microseconds)s::bigint[], %(institutions)s::text[],
                     %(transactions)s::text[], %(message_ids)s::text[], %(outcomes)s::text[], %(reasons)s::text[],
                     %(faults)s::text[], %(answered)s::boolean[], %(statuses)s::integer[], %(content_types)s::text[],
                     %(requests)s::bytea[], %(request_sizes)s::bigint[], %(answers)s::bytea[],
                     %(answer_sizes)s::bigint[], %(replays)s::bigint[])
returning id;

-- name: forget_recordings
delete from recording where id <= (select max(id) from recording) - %(kept)s or at < %(before)s;

-- name: clear_recordings
delete from recording;

-- name: recordings
select r.id, r.at, r.microseconds, r.institution, r.transaction, r.message_id, r.outcome, r.reason, r.fault, r.answered,
       r.status, r.request_size, r.answer_size, r.replays, coalesce(i.name, '')
from recording r left join institution i on i.code = r.institution
where r.id < %(before)s
  and (%(institution)s::text is null or r.institution = %(institution)s)
  and (%(transaction)s::text is null or r.transaction = %(transaction)s)
  and (%(outcome)s::text is null or r.outcome = %(outcome)s)
  and (%(message_id)s::text is null or r.message_id = %(message_id)s)
order by r.id desc limit %(most)s;

-- name: recorded_bodies
select content_type, request, answer from recording where id = %(id)s;

-- name: recorded_institutions
select r.institution, coalesce(i.name, '') from (select distinct institution from recording) r
left join institution i on i.code = r.institution where r.institution <> '' order by 1;

-- name: put_fault
insert into injected_fault (institution, kind, milliseconds, transaction, remaining, set_at)
values (%(institution)s, %(kind)s, %(milliseconds)s, %(transaction)s, %(remaining)s, %(at)s)
on conflict (institution) do update set kind = excluded.kind, milliseconds = excluded.milliseconds,
    transaction = excluded.transaction, remaining = excluded.remaining, set_at = excluded.set_at;

-- name: drop_fault
delete from injected_fault where institution = %(institution)s returning institution;

-- name: faults
select institution, kind, milliseconds, transaction, remaining, set_at from injected_fault order by institution;

-- name: lock_fault
select kind, milliseconds, remaining from injected_fault
where institution = %(institution)s and transaction in ('', %(transaction)s) for update;

-- name: use_fault
update injected_fault set remaining = remaining - 1 where institution = %(institution)s and remaining > 1;

-- name: drop_setting
delete from setting where key = %(key)s;

-- name: give_up_waiting
-- Sooner than the database looks for deadlocks: then it is the reset that yields, and no message of an institution.
set local lock_timeout = '700ms';

-- name: hold_whole_books
-- Kept out as long as somebody verifies the books; a snapshot of them would find emptied tables.
select pg_advisory_xact_lock(20007, 1);

-- name: hold_books_together
select pg_advisory_lock_shared(20007, 1);

-- name: empty_books
-- Everything but what belongs to the installation and the vendor's recordings. Numbers go on where they were: an id
-- that somebody has noted never comes to mean something else.
do $$ begin
    execute (select 'truncate ' || string_agg(quote_ident(schemaname) || '.' || quote_ident(tablename), ', ')
             from pg_tables where schemaname = current_schema()
               and tablename not in ('alembic_version', 'setting', 'recording'));
end $$;

-- name: end_writers
-- Writers know the end of their chain of seals by heart. They come back and read it anew.
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'gongji-writer' and pid <> pg_backend_pid();
