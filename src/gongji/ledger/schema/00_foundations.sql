-- The whole schema of today, in the order of the files. A test proves it equal to what the migrations build.
-- Money is bigint fen. The insured region is part of every key of the books, so that they can be spread by region; the
-- ids of visits and settlements begin with it.

-- For tables that are only ever added to.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

-- For statements whose effect must be complete: the transaction fails when it is not. Null expects nothing.
create function expect_count(written bigint, expected bigint) returns bigint language plpgsql as $$
begin
    if written <> expected then
        raise exception '% of % rows were written by another transaction', expected - written, expected
            using errcode = 'serialization_failure';
    end if;
    return written;
end $$;
