-- name: add_oauth_client
insert into oauth_client (id, name, secret_hash, redirect_uris, scopes, institution, created_at)
values (%(id)s, %(name)s, %(secret_hash)s, %(redirect_uris)s::text[], %(scopes)s::text[], %(institution)s, %(now)s);

-- name: keep_oauth_client
insert into oauth_client (id, name, redirect_uris, scopes, created_at)
values (%(id)s, %(name)s, %(redirect_uris)s::text[], %(scopes)s::text[], %(now)s)
on conflict (id) do update set name = excluded.name, redirect_uris = excluded.redirect_uris, scopes = excluded.scopes;

-- name: oauth_clients
select id, name, secret_hash, redirect_uris, scopes, institution, created_at, disabled_at from oauth_client
order by created_at, id;

-- name: oauth_client
select id, name, secret_hash, redirect_uris, scopes, institution, created_at, disabled_at from oauth_client
where id = %(id)s;

-- name: disable_oauth_client
update oauth_client set disabled_at = coalesce(disabled_at, %(now)s) where id = %(id)s returning id;

-- name: add_oauth_grant
insert into oauth_grant (id, client_id, person_no, scopes, granted_at, expires_at)
values (%(id)s, %(client)s, %(person_no)s, %(scopes)s::text[], %(now)s, %(expires)s);

-- name: oauth_grant_live
select id from oauth_grant
where person_no = %(person_no)s and client_id = %(client)s and revoked_at is null and expires_at > %(now)s;

-- name: replace_oauth_grant
update oauth_grant set revoked_at = %(now)s, revoked_why = 'replaced'
where person_no = %(person_no)s and client_id = %(client)s and revoked_at is null;

-- name: revoke_oauth_grant
update oauth_grant set revoked_at = %(now)s, revoked_why = %(why)s
where id = %(id)s and revoked_at is null returning id;

-- name: revoke_oauth_grant_of_person
update oauth_grant set revoked_at = %(now)s, revoked_why = 'person'
where id = %(id)s and person_no = %(person_no)s and revoked_at is null returning id;

-- name: oauth_grants_of_person
select g.id, g.client_id, c.name, g.scopes, g.granted_at, g.expires_at, g.revoked_at, g.revoked_why, c.disabled_at,
       (select max(a.at) from oauth_access a where a.person_no = g.person_no and a.grant_id = g.id)
from oauth_grant g join oauth_client c on c.id = g.client_id
where g.person_no = %(person_no)s order by g.granted_at desc, g.id;

-- name: add_oauth_code
insert into oauth_code (code_hash, grant_id, redirect_uri, challenge, expires_at)
values (%(code_hash)s, %(grant)s, %(redirect_uri)s, %(challenge)s, %(expires)s);

-- name: oauth_code
-- Locked: of two who bring the same code at one time the second finds it used.
select c.grant_id, g.client_id, g.person_no, g.scopes, c.redirect_uri, c.challenge, c.expires_at, c.used_at,
       g.expires_at, g.revoked_at
from oauth_code c join oauth_grant g on g.id = c.grant_id
where c.code_hash = %(code_hash)s for update of c;

-- name: use_oauth_code
update oauth_code set used_at = %(now)s where code_hash = %(code_hash)s;

-- name: add_oauth_token
insert into oauth_token (token_hash, kind, client_id, grant_id, scopes, expires_at)
values (%(token_hash)s, %(kind)s, %(client)s, %(grant)s, %(scopes)s::text[], %(expires)s);

-- name: oauth_token
select t.kind, t.client_id, t.grant_id, g.person_no, t.scopes, t.expires_at, t.used_at,
       coalesce(t.revoked_at, g.revoked_at), g.expires_at
from oauth_token t left join oauth_grant g on g.id = t.grant_id
where t.token_hash = %(token_hash)s for update of t;

-- name: use_oauth_token
update oauth_token set used_at = %(now)s where token_hash = %(token_hash)s;

-- name: revoke_oauth_token
update oauth_token set revoked_at = coalesce(revoked_at, %(now)s) where token_hash = %(token_hash)s;

-- name: oauth_principal
select t.client_id, c.name, c.institution, t.grant_id, g.person_no, t.scopes
from oauth_token t join oauth_client c on c.id = t.client_id left join oauth_grant g on g.id = t.grant_id
where t.token_hash = %(token_hash)s and t.kind = 'access' and t.expires_at > %(now)s and t.revoked_at is null
  and c.disabled_at is null and (t.grant_id is null or (g.revoked_at is null and g.expires_at > %(now)s));

-- name: add_oauth_access
insert into oauth_access (at, client_id, person_no, grant_id, what, scope, allowed)
values (%(now)s, %(client)s, %(person_no)s, %(grant)s, %(what)s, %(scope)s, %(allowed)s);

-- name: oauth_accesses_of_person
select a.id, a.at, c.name, a.what, a.scope, a.allowed
from oauth_access a join oauth_client c on c.id = a.client_id
where a.person_no = %(person_no)s and a.id < %(before)s order by a.id desc limit %(limit)s;

-- name: sweep_oauth_codes
delete from oauth_code where expires_at <= %(long_ago)s;

-- name: sweep_oauth_tokens
delete from oauth_token where expires_at <= %(long_ago)s;
