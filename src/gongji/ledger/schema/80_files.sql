-- Files that institutions send (9101) or fetch (9102). The content belongs to its hash and is never changed.
create table stored_file (
    number text primary key,      -- what the file is fetched by (文件查询号)
    owner text not null,          -- institution, or 'plc' for what every institution may fetch
    name text not null,
    content bytea not null,
    sha256 bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    check (sha256 = sha256(content))
);
create index stored_file_expiry on stored_file (expires_at);
