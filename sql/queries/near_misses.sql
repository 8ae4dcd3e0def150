-- Programs that fail exactly one test
-- param: min_tests = 2  tests that the problem has at least
-- param: limit = 20  programs at most; null: all
-- read: the hardest negatives, or a doubtful test: see which test it is, and whether others fail it too.
with written as (
    select program_id, count(*) as candidates, min(code) as code
    from candidates
    where program_id is not null
    group by program_id
)
select
    labels.problem_id,
    problems.source_id,
    labels.program_id,
    labels.tests_total,
    first_failure.test_id as test_id,
    labels.outcome,
    first_failure.exception as exception,
    first_failure.message as message,
    first_failure.actual as actual,
    written.candidates,
    written.code
from labels
join problems using (problem_id)
left join written using (program_id)
where not labels.passed and labels.tests_passed = labels.tests_total - 1 and labels.tests_total >= $min_tests
order by labels.tests_total desc, labels.problem_id, labels.program_id
limit $limit;
