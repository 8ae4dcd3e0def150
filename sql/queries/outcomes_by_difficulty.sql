-- What became of the candidates, by the difficulty of their problems
-- param: split = null of train|validation|test  null: all
-- read: share is of the candidates of that difficulty; a null outcome is a candidate without a label.
with counted as (
    select
        problems.difficulty,
        attempts.outcome,
        count(*) as candidates,
        count(distinct program_id) as programs
    from attempts
    join problems using (problem_id)
    where $split is null or attempts.split = $split
    group by problems.difficulty, attempts.outcome
)
select
    difficulty,
    outcome,
    candidates,
    programs,
    round(candidates / (sum(candidates) over (partition by difficulty)), 4) as share
from counted
order by difficulty nulls last, candidates desc, outcome;
