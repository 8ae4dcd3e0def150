-- Which places of the list judges like, whatever stands there
-- needs: rankings
-- read: slots count from 1, by how many programs were shown. Without bias first_share is near chance; right_first is how often a right program that stood there was put first, wrong_first how often a wrong one: both high is a liking for the place. Malformed answers are left out.
with said as (
    select
        model,
        model_revision,
        size,
        first_slot,
        unnest(range(1, size + 1)) as slot,
        unnest(correct) as right_one
    from rankings
    where first_slot is not null
)
select
    model,
    model_revision,
    size,
    slot,
    count(*) as answers,
    count(*) filter (slot = first_slot) as first,
    round(count(*) filter (slot = first_slot) / count(*), 4) as first_share,
    round(1 / size, 4) as chance,
    count(*) filter (right_one) as right_here,
    round(count(*) filter (right_one and slot = first_slot) / nullif(count(*) filter (right_one), 0), 4) as right_first,
    round(
        count(*) filter (not right_one and slot = first_slot) / nullif(count(*) filter (not right_one), 0), 4
    ) as wrong_first
from said
group by model, model_revision, size, slot
order by model, model_revision, size, slot;
