-- Which kinds of wrong programs fool judges
-- needs: rankings
-- read: how often wrong programs of each outcome were shown and put first; lift is their share of the errors over their share of the wrong programs shown: above 1, the judge falls for them more than for others.
with said as (
    select
        model,
        model_revision,
        problem_id,
        first_program_id,
        unnest(shown) as program_id,
        unnest(correct) as right_one
    from rankings
    where first_slot is not null
),
counted as (
    select
        model,
        model_revision,
        outcome,
        count(*) as shown,
        count(*) filter (program_id = first_program_id) as first
    from said
    join labels using (problem_id, program_id)
    where not right_one
    group by model, model_revision, outcome
)
select
    model,
    model_revision,
    outcome,
    shown,
    first,
    round(first / shown, 4) as first_rate,
    round(first / nullif(sum(first) over judge, 0), 4) as share_of_errors,
    round(shown / sum(shown) over judge, 4) as share_of_shown,
    round(first * sum(shown) over judge / nullif(shown * sum(first) over judge, 0), 2) as lift
from counted
window judge as (partition by model, model_revision)
order by model, model_revision, first desc, outcome;
