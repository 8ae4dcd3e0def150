-- The tests that decide most: failed by programs that pass all others
-- param: limit = 20  tests at most; null: all
-- read: sole_kills are wrong programs that no other test finds out; kills are all that fail it; programs whose verdict is unknown are left out.
with judged as (
    select problem_id, count(passed) as programs
    from labels
    group by problem_id
),
failing as (
    select
        problem_id,
        unnest(list_filter(range(len(outcomes)), lambda i: outcomes[i + 1] <> 'pass')) as test_index,
        tests_passed = tests_total - 1 as sole
    from labels
    where not passed
),
counted as (
    select problem_id, test_index, count(*) as kills, count(*) filter (sole) as sole_kills
    from failing
    group by problem_id, test_index
),
deciding as (
    select *
    from counted
    join judged using (problem_id)
    order by sole_kills desc, kills desc, problem_id, test_index
    limit $limit
)
select
    problem_id,
    problems.source_id,
    test_index,
    tested.tests[test_index + 1].test_id as test_id,
    tested.tests[test_index + 1].visibility as visibility,
    programs,
    kills,
    sole_kills
from deciding
join problems using (problem_id)
left join tested using (problem_id)
order by sole_kills desc, kills desc, problem_id, test_index;
