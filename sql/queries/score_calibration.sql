-- Is a reward model as right as it is sure?
-- needs: scores
-- param: split = null of train|validation|test  null: all
-- read: of the pairs of a right and a wrong program of one problem whose scores differ; the model says by sigmoid of the difference how likely the higher one is the right one, from 0.5 up, in bins of 0.05. actual is how often it is. Below predicted it is too sure, and softplus rewards will be too far apart; above, too shy.
with asked as (
    select model, model_revision, problem_id, passed, score
    from scores
    where passed is not null and ($split is null or split = $split)
),
compared as (
    select wrong.model, wrong.model_revision, wrong.problem_id, asked.score - wrong.score as gap
    from asked
    join asked as wrong
        on wrong.model = asked.model
        and wrong.model_revision = asked.model_revision
        and wrong.problem_id = asked.problem_id
    where asked.passed and not wrong.passed and asked.score <> wrong.score
),
said as (
    select *, 1 / (1 + exp(-abs(gap))) as sure
    from compared
),
binned as (
    select *, least(floor((sure - 0.5) * 20), 9)::integer as bin
    from said
)
select
    model,
    model_revision,
    round(0.5 + bin / 20, 2)::double as sure_from,
    count(*) as pairs,
    count(distinct problem_id) as problems,
    round(avg(sure), 4) as predicted,
    round(avg((gap > 0)::integer), 4) as actual
from binned
group by model, model_revision, bin
order by model, model_revision, bin;
