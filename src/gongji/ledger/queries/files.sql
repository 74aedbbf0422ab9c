-- name: add_file
insert into stored_file (number, owner, name, content, sha256, created_at, expires_at)
values (%(number)s, %(owner)s, %(name)s, %(content)s, %(sha256)s, %(now)s, %(expires)s);

-- name: file
select number, owner, name, content, sha256, expires_at from stored_file where number = %(number)s;

-- name: public_file
select number from stored_file
where owner = 'plc' and name = %(name)s and sha256 = %(sha256)s and expires_at > %(until)s
order by expires_at desc limit 1;

-- name: drop_expired_files
delete from stored_file where expires_at < %(now)s;
