-- The tests that decide most: failed by programs that pass all others
-- param: limit = 20  tests at most; null: all
-- read: sole_kills are wrong programs that no other test finds out; kills are all that fail it; programs whose verdict is unknown are left out.
with failed as (
    select
        problem_id,
        test_index,
        test_id,
        executions.passed,
        labels.tests_total - labels.tests_passed as failures
    from executions
    join labels using (problem_id, program_id)
    where labels.passed is not null
),
counted as (
    select
        problem_id,
        test_index,
        test_id,
        count(passed) as programs,
        count(*) filter (not passed) as kills,
        count(*) filter (not passed and failures = 1) as sole_kills
    from failed
    group by problem_id, test_index, test_id
    having kills > 0
)
select
    problem_id,
    problems.source_id,
    test_index,
    test_id,
    problems.tests[test_index + 1].visibility as visibility,
    programs,
    kills,
    sole_kills
from counted
join problems using (problem_id)
order by sole_kills desc, kills desc, problem_id, test_index
limit $limit;
