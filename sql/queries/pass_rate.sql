-- Pass rate of each problem, the hardest first
-- param: split = null of train|validation|test  null: all
-- param: limit = null  problems at most; null: all
-- read: candidates whose verdict is unknown are neither right nor wrong: they are in candidates, not in labelled.
with counted as (
    select
        problem_id,
        split,
        count(*) as candidates,
        count(distinct program_id) as programs,
        count(correct) as labelled,
        count(*) filter (attempts.correct) as correct
    from attempts
    where $split is null or split = $split
    group by problem_id, split
)
select
    problem_id,
    problems.source_id,
    problems.difficulty,
    counted.split,
    candidates,
    programs,
    labelled,
    correct,
    round(correct / nullif(labelled, 0), 4) as pass_rate
from counted
join problems using (problem_id)
order by pass_rate nulls last, problem_id
limit $limit;
