-- Programs whose runs differ
-- param: limit = 20  programs at most; null: all
-- read: their verdict is unknown, so they are in no group and no rate. outcomes are those of one run; what the other runs said is not kept. Look for random, hash, time, sets and threads in the code, or raise the limits.
with unsteady as (
    select problem_id, program_id, runs, outcome, tests_passed, tests_total, outcomes
    from labels
    where flaky
    order by problem_id, program_id
    limit $limit
),
written as (
    select program_id, count(*) as candidates, any_value(code) as code
    from candidates
    semi join unsteady using (problem_id, program_id)
    group by program_id
)
select
    problem_id,
    problems.source_id,
    program_id,
    runs,
    outcome,
    tests_passed,
    tests_total,
    outcomes,
    coalesce(written.candidates, 0) as candidates,
    written.code
from unsteady
join problems using (problem_id)
left join written using (program_id)
order by problem_id, program_id;
