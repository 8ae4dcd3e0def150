-- Problems that are in two splits under different ids
-- param: limit = 20  sets of problems at most; null: all
-- read: shared says what they have in common: the statement (without regard to case and blanks) or the name in their source. Rows in train that test has too make scores on test worthless.
with keyed as (
    select
        'statement' as shared,
        trim(regexp_replace(lower(statement), '[ \t\r\n]{2,}|[\t\r\n]', ' ', 'g')) as said,
        problem_id,
        source_id,
        split
    from problems
    union all
    select 'source_id', source || ' ' || source_id, problem_id, source_id, split
    from problems
)
select
    shared,
    min(source_id) as source_id,
    count(*) as problems,
    list_sort(list_distinct(list(split))) as splits,
    list_sort(list(problem_id)) as problem_ids
from keyed
where said <> ''
group by shared, said
having count(distinct split) > 1
order by problems desc, shared, problem_ids
limit $limit;
