-- Tests that nothing fails, although the problem has wrong programs
-- param: min_wrong = 1 from 1  wrong programs that the problem has at least
-- param: limit = 20  tests at most; null: all
-- read: wrong programs all pass such a test, so it takes time and tells nothing about these models; programs whose verdict is unknown are left out.
with judged as (
    select
        problem_id,
        count(passed) as programs,
        count(*) filter (not passed) as wrong,
        unnest(range(max(tests_total))) as test_index
    from labels
    group by problem_id
    having wrong >= greatest($min_wrong, 1)
),
failing as (
    select distinct
        problem_id,
        unnest(list_filter(range(len(outcomes)), lambda i: outcomes[i + 1] <> 'pass')) as test_index
    from labels
    where not passed
),
toothless as (
    select *
    from judged
    anti join failing using (problem_id, test_index)
    order by wrong desc, problem_id, test_index
    limit $limit
)
select
    problem_id,
    problems.source_id,
    test_index,
    tested.tests[test_index + 1].test_id as test_id,
    tested.tests[test_index + 1].visibility as visibility,
    tested.tests[test_index + 1].origin as origin,
    programs,
    wrong
from toothless
join problems using (problem_id)
left join tested using (problem_id)
order by wrong desc, problem_id, test_index;
