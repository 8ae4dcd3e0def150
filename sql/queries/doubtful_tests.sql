-- Tests that every program fails
-- param: min_programs = 2 from 1  labelled programs that the problem has at least
-- param: limit = 20  tests at most; null: all
-- read: sole_failures are programs that pass every other test: the more there are, the likelier the test or its limits are wrong. Without any, the problem may just be hard.
with judged as (
    select problem_id, count(passed) as programs
    from labels
    group by problem_id
    having programs >= greatest($min_programs, 1) and not bool_or(passed)  -- a right program fails no test
),
failing as (
    select
        problem_id,
        unnest(list_filter(range(len(outcomes)), lambda i: outcomes[i + 1] <> 'pass')) as test_index,
        tests_passed = tests_total - 1 and tests_total > 1 as sole
    from labels
    semi join judged using (problem_id)
    where not passed
),
counted as (
    select problem_id, test_index, count(*) as failures, count(*) filter (sole) as sole_failures
    from failing
    group by problem_id, test_index
),
doubtful as (
    select problem_id, test_index, programs, sole_failures
    from counted
    join judged using (problem_id)
    where failures = programs
    order by sole_failures desc, programs desc, problem_id, test_index
    limit $limit
)
select
    problem_id,
    problems.source_id,
    test_index,
    tested.tests[test_index + 1].test_id as test_id,
    tested.tests[test_index + 1].visibility as visibility,
    tested.tests[test_index + 1].origin as origin,
    len(tested.tests) as tests,
    len(problems.reference_solutions) as reference_solutions,
    programs,
    sole_failures
from doubtful
join problems using (problem_id)
left join tested using (problem_id)
order by sole_failures desc, programs desc, problem_id, test_index;
