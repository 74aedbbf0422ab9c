-- name: add_paper
insert into binding_paper (id, owner, kind, name, media_type, content, sha256, seen_by, binding_id, created_at)
values (%(id)s, %(owner)s, %(kind)s, %(name)s, %(media_type)s, %(content)s, %(sha256)s, %(seen_by)s, %(binding)s,
        %(now)s);

-- name: loose_papers
-- Papers a person has uploaded that go with no application yet.
select id, kind from binding_paper where owner = %(owner)s and id = any(%(ids)s) and binding_id is null;

-- name: attach_papers
update binding_paper set binding_id = %(binding)s where owner = %(owner)s and id = any(%(ids)s) and binding_id is null;

-- name: papers_of_binding
select id, kind, name, media_type, coalesce(octet_length(content), 0), sha256, seen_by, created_at
from binding_paper where binding_id = %(binding)s order by no;

-- name: paper
select kind, name, media_type, content from binding_paper
where id = %(id)s and binding_id = %(binding)s and content is not null;

-- name: count_loose_papers
select count(*) from binding_paper where owner = %(owner)s and binding_id is null;

-- name: sweep_papers
delete from binding_paper where binding_id is null and created_at <= %(long_ago)s;

-- name: declare_kinship
insert into kinship (person_no, relative_no, relation, basis, declared_at, declared_by)
values (%(person_no)s, %(relative)s, %(relation)s, %(basis)s, %(now)s, %(actor)s)
on conflict (person_no, relative_no, relation) do update set
    basis = case when kinship.basis = 'commitment' then excluded.basis else kinship.basis end, until_on = null;

-- name: end_kinship
update kinship set until_on = %(on)s
where relation = 'spouse' and until_on is null
  and ((person_no, relative_no) = (%(one)s, %(other)s) or (person_no, relative_no) = (%(other)s, %(one)s));

-- name: wards_of
-- Of whom a person was declared to be a parent.
select person_no from kinship
where relative_no = %(person_no)s and relation = any(%(parents)s) and (until_on is null or until_on >= %(today)s)
union
select relative_no from kinship
where person_no = %(person_no)s and relation = 'child' and (until_on is null or until_on >= %(today)s);

-- name: parents_of
select relative_no from kinship
where person_no = %(person_no)s and relation = 'parent' and (until_on is null or until_on >= %(today)s)
union
select person_no from kinship
where relative_no = %(person_no)s and relation = 'child' and (until_on is null or until_on >= %(today)s);

-- name: was_divorced
select 1 from kinship
where relation = 'spouse' and until_on is not null
  and ((person_no, relative_no) = (%(one)s, %(other)s) or (person_no, relative_no) = (%(other)s, %(one)s))
limit 1;
