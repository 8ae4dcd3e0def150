-- Problems that no candidate solved
-- param: split = null of train|validation|test  null: all
-- param: limit = 20  problems at most; null: all
-- read: most tests passed first: there a doubtful test is likely (doubtful_tests), or a few more samples help. Problems without reference_solutions may have no solution that passes. Unlabelled problems are left out.
with rated as (
    select
        problem_id,
        split,
        count(*) as candidates,
        count(correct) as labelled,
        count(*) filter (correct) as right_ones,
        max(tests_passed) filter (correct is not null) as most_tests_passed
    from attempts
    where $split is null or split = $split
    group by problem_id, split
    having labelled > 0 and right_ones = 0
),
tried as (
    select problem_id, count(distinct program_id) as programs
    from candidates
    semi join rated using (problem_id)
    group by problem_id
)
select
    problem_id,
    problems.source_id,
    problems.difficulty,
    rated.split,
    candidates,
    labelled,
    programs,
    most_tests_passed,
    len(tested.tests) as tests,
    len(problems.reference_solutions) as reference_solutions
from rated
join tried using (problem_id)
join problems using (problem_id)
left join tested using (problem_id)
order by most_tests_passed / nullif(len(tested.tests), 0) desc nulls last, labelled desc, problem_id
limit $limit;
