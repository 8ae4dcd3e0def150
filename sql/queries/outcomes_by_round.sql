-- What became of the candidates of each round and model
-- param: split = null of train|validation|test  null: all
-- read: share is of the candidates of that round and model; round 0 is the first pool, and a later one was sampled from a model trained on the rounds before; a null outcome is a candidate without a label.
with counted as (
    select
        round,
        model,
        outcome,
        count(*) as candidates,
        count(distinct program_id) as programs,
        count(distinct problem_id) as problems
    from attempts
    where $split is null or split = $split
    group by round, model, outcome
)
select
    round,
    model,
    outcome,
    candidates,
    programs,
    problems,
    round(candidates / (sum(candidates) over (partition by round, model)), 4) as share
from counted
order by round, model, candidates desc, outcome;
