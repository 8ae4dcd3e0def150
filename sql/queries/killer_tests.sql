-- The tests that decide most: failed by programs that pass all others
-- param: limit = 20  tests at most; null: all
-- read: sole_kills are wrong programs that no other test finds out; kills are all that fail it; programs whose verdict is unknown are left out.
with failed as (
    select
        problem_id,
        test_index,
        test_id,
        passed,
        count(*) filter (not passed) over (partition by problem_id, program_id) as failures
    from executions
    semi join (from labels where passed is not null) using (program_id)
)
select
    problem_id,
    any_value(problems.source_id) as source_id,
    test_index,
    test_id,
    any_value(problems.tests[test_index + 1].visibility) as visibility,
    count(passed) as programs,
    count(*) filter (not passed) as kills,
    count(*) filter (not passed and failures = 1) as sole_kills
from failed
join problems using (problem_id)
group by problem_id, test_index, test_id
having kills > 0
order by sole_kills desc, kills desc, problem_id, test_index
limit $limit;
