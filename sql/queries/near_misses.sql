-- Programs that fail exactly one test
-- param: min_tests = 2 from 1  tests that the problem has at least
-- param: limit = 20  programs at most; null: all
-- read: the hardest negatives, or a doubtful test: see which test it is, and whether others fail it too.
with missed as (
    select problem_id, program_id, tests_total, outcome, first_failure
    from labels
    where not passed and tests_passed = tests_total - 1 and tests_total >= $min_tests
    order by tests_total desc, problem_id, program_id
    limit $limit
),
written as (
    select program_id, count(*) as candidates, any_value(code) as code
    from candidates
    semi join missed using (problem_id, program_id)
    group by program_id
)
select
    problem_id,
    problems.source_id,
    program_id,
    tests_total,
    first_failure.test_id as test_id,
    outcome,
    first_failure.exception as exception,
    first_failure.message as message,
    first_failure.actual as actual,
    written.candidates,
    written.code
from missed
join problems using (problem_id)
left join written using (program_id)
order by tests_total desc, problem_id, program_id;
