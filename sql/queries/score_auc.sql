-- How well a reward model tells right programs from those that fail in each way
-- needs: scores
-- param: split = null of train|validation|test  null: all
-- read: auc is the chance that a right program scores above one of the same problem with this outcome, a tie being half, as a mean over problems; 0.5 is blind. The row without an outcome is all of them. A low auc for time_limit says that it does not see what is slow.
with asked as (
    select model, model_revision, problem_id, passed, outcome, score
    from scores
    where passed is not null and ($split is null or split = $split)
),
compared as (
    select
        wrong.model,
        wrong.model_revision,
        wrong.problem_id,
        wrong.outcome,
        case when asked.score > wrong.score then 1.0 when asked.score = wrong.score then 0.5 else 0.0 end as won
    from asked
    join asked as wrong
        on wrong.model = asked.model
        and wrong.model_revision = asked.model_revision
        and wrong.problem_id = asked.problem_id
    where asked.passed and not wrong.passed
),
of_problem as (
    select model, model_revision, outcome, problem_id, count(*) as pairs, avg(won) as auc
    from compared
    group by model, model_revision, outcome, problem_id
    union all
    select model, model_revision, null, problem_id, count(*), avg(won)
    from compared
    group by model, model_revision, problem_id
)
select
    model,
    model_revision,
    outcome,
    count(*) as problems,
    sum(pairs)::bigint as pairs,
    round(avg(auc), 4) as auc
from of_problem
group by model, model_revision, outcome
order by model, model_revision, outcome nulls first;
