-- What became of the candidates of each model
-- param: split = null of train|validation|test  null: all
-- read: share is of the candidates of that model; a null outcome is a candidate without a label.
with counted as (
    select
        model,
        outcome,
        count(*) as candidates,
        count(distinct program_id) as programs,
        count(distinct problem_id) as problems
    from attempts
    where $split is null or split = $split
    group by model, outcome
)
select
    model,
    outcome,
    candidates,
    programs,
    problems,
    round(candidates / (sum(candidates) over (partition by model)), 4) as share
from counted
order by model, candidates desc, outcome;
