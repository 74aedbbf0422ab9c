create table journal (
    booked_on date not null,
    region text not null,
    id bigint not null,
    kind text not null check (kind in ('credit', 'settlement', 'reversal', 'partial_return', 'set_aside',
                                       'given_back', 'transfer',
                                       'transfer_accepted', 'transfer_returned', 'premium', 'premium_refund',
                                       'moved', 'clearing', 'correction')),
    booked_at timestamptz not null,
    sender text not null,
    message_id text not null,
    reverses bigint,
    document_hash bytea not null,
    lane smallint not null,
    seal_no bigint not null,
    primary key (region, booked_on, id)
) partition by range (booked_on);
create index journal_of_seal on journal (lane, seal_no);

-- What a journal was about, as JSON, where it is not a settlement: settlements keep their own documents.
create table journal_document (
    booked_on date not null,
    region text not null,
    journal_id bigint not null,
    document bytea not null,
    primary key (region, booked_on, journal_id)
) partition by range (booked_on);

create trigger journal_document_is_append_only before update or delete on journal_document
    for each row execute function refuse_change();

create table posting (
    booked_on date not null,
    region text not null,
    journal_id bigint not null,
    line smallint not null,
    from_account bigint not null,
    to_account bigint not null,
    amount bigint not null check (amount > 0),
    purpose text not null,
    primary key (region, booked_on, journal_id, line),
    check (from_account <> to_account)
) partition by range (booked_on);
create index posting_from on posting (from_account, booked_on);
create index posting_to on posting (to_account, booked_on);

create sequence journal_id;
create sequence visit_id;

-- One chain of seals a writer ("lane"): each seal is a hash over its batch's journals and the seal before it.
create table seal (
    lane smallint not null,
    no bigint not null,
    journals integer not null check (journals > 0),
    previous bytea not null,
    hash bytea not null,
    sealed_at timestamptz not null,
    primary key (lane, no)
);

-- Makes the monthly partitions that are missing between two days.
create function ensure_months(first_day date, last_day date) returns void language plpgsql as $$
declare
    month date := date_trunc('month', first_day);
    parent text;
    child text;
begin
    while month <= last_day loop
        foreach parent in array array['settlement', 'journal', 'journal_document', 'posting'] loop
            child := parent || to_char(month, '_YYYY_MM');
            if to_regclass(child) is null then
                execute format('create table %I partition of %I for values from (%L) to (%L)',
                               child, parent, month, month + interval '1 month');
            end if;
        end loop;
        month := month + interval '1 month';
    end loop;
end $$;

create trigger journal_is_append_only before update or delete on journal
    for each row execute function refuse_change();

create trigger posting_is_append_only before update or delete on posting
    for each row execute function refuse_change();

create trigger seal_is_append_only before update or delete on seal
    for each row execute function refuse_change();
