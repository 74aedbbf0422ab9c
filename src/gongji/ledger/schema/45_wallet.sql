-- Money sent to a relative's wallet: on its way until it is accepted or goes back. Its first journal stands beside it.
create table wallet_transfer (
    id text primary key,
    sender text not null references person,
    receiver text not null references person,
    relation text not null,       -- what the receiver is to the sender
    source text not null check (source in ('account', 'wallet')),
    amount bigint not null check (amount > 0),
    state text not null default 'pending' check (state in ('pending', 'accepted', 'refused', 'returned')),
    sent_at timestamptz not null,
    returns_at timestamptz not null,
    decided_at timestamptz,
    channel text not null,
    booked_on date not null,
    region text not null,
    journal_id bigint not null,
    check (sender <> receiver),
    check (returns_at > sent_at),
    check ((state = 'pending') = (decided_at is null))
);
create index wallet_transfer_due on wallet_transfer (returns_at) where state = 'pending';
create index wallet_transfer_of_sender on wallet_transfer (sender, sent_at);
create index wallet_transfer_of_receiver on wallet_transfer (receiver, sent_at);

create trigger wallet_transfer_is_decided_once before update on wallet_transfer
    for each row when (old.state <> 'pending') execute function refuse_change();
create trigger wallet_transfer_stays before delete on wallet_transfer
    for each row execute function refuse_change();
