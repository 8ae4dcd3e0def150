-- The hardest problems that were solved
-- param: split = null of train|validation|test  null: all
-- param: limit = 20  problems at most; null: all
-- read: lowest pass rate above 0 first, with one right program; one pass among very many may also be a test that lets wrong programs through.
with rated as (
    select
        problem_id,
        split,
        count(correct) as labelled,
        count(*) filter (correct) as correct,
        round(count(*) filter (attempts.correct) / nullif(count(attempts.correct), 0), 4) as pass_rate,
        min(program_id) filter (attempts.correct) as program_id
    from attempts
    where $split is null or split = $split
    group by problem_id, split
),
hardest as (
    select *
    from rated
    where correct > 0
    order by pass_rate, labelled desc, problem_id
    limit $limit
),
written as (
    select program_id, any_value(code) as code
    from candidates
    semi join hardest using (problem_id, program_id)
    group by program_id
)
select
    problem_id,
    problems.source_id,
    problems.difficulty,
    hardest.split,
    labelled,
    correct,
    pass_rate,
    program_id,
    written.code
from hardest
join problems using (problem_id)
left join written using (program_id)
order by pass_rate, labelled desc, problem_id;
