-- What looks like misuse (线索), what was done about it, and every act of staff. All of it is only ever added to.
create table incident (
    id bigint generated always as identity primary key,
    kind text not null,
    key text not null default '', -- the same misuse has the same key; empty: each is a new one
    at timestamptz not null,
    region text not null,         -- who looks into it
    institution text,
    persons text[] not null,
    details jsonb not null default '{}'   -- evidence: ids, amounts, times
);
create unique index incident_once on incident (key) where key <> '';
create index incident_of_region on incident (region, id);
create index incident_told_by on incident ((details ->> 'told_by')) where details ? 'told_by';

-- An incident is open until its latest step says otherwise.
create table incident_step (
    incident_id bigint not null references incident,
    no smallint not null,
    at timestamptz not null,
    state text not null check (state in ('open', 'confirmed', 'dismissed')),
    staff text not null,
    reason text not null,
    fine bigint check (fine >= 0),
    primary key (incident_id, no)
);

-- People whose commitment is not believed any more (失信名单).
create table untrustworthy (
    person_no text not null references person,
    since date not null,
    until_on date,
    incident_id bigint not null references incident,
    primary key (person_no, incident_id)
);

create table staff_act (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    staff text not null,
    what text not null,
    region text not null,
    person_no text,               -- whom it concerns
    about text not null default '',       -- id of the binding or incident
    place text not null default '',
    reason text not null default ''
);
create index staff_act_of_person on staff_act (person_no, id);

create trigger incident_is_append_only before update or delete on incident
    for each row execute function refuse_change();

create trigger incident_step_is_append_only before update or delete on incident_step
    for each row execute function refuse_change();

create trigger staff_act_is_append_only before update or delete on staff_act
    for each row execute function refuse_change();
