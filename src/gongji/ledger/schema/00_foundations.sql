-- The whole schema of today, in the order of the files. A test proves it equal to what the migrations build.
-- Money is bigint fen. The insured region is part of every key of the books, so that they can be spread by region; the
-- ids of visits and settlements begin with it.

-- For tables that are only ever added to.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
