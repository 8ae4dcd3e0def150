-- Under a consensus: how many of the programs it chose are really right, by difficulty
-- param: split = null of train|validation|test  null: all
-- read: selection_noise is 1 - the share of right ones among the chosen; pass_rate is that share among all programs, which is what blind choice gets. Means over problems with a known truth (labels.truth in the recipe); a problem whose consensus is unknown counts nowhere.
with judged as (
    select
        problem_id,
        count(*) as programs,
        count(*) filter (passed) as chosen,
        count(*) filter (truth) / count(*) as pass_rate,
        count(*) filter (passed and truth) / nullif(count(*) filter (passed), 0) as right_of_chosen
    from labels
    where label_source like 'consensus:%' and passed is not null and truth is not null
        and ($split is null or split = $split)
    group by problem_id
)
select
    problems.difficulty,
    count(*) as problems,
    count(*) filter (0 < pass_rate and pass_rate < 1) as mixed_problems,
    sum(programs)::bigint as programs,
    sum(chosen)::bigint as chosen,
    round(avg(pass_rate), 4) as pass_rate,
    round(avg(right_of_chosen), 4) as right_of_chosen,
    round(1 - avg(right_of_chosen), 4) as selection_noise,
    round(1 - avg(right_of_chosen) filter (0 < pass_rate and pass_rate < 1), 4) as selection_noise_mixed
from judged
join problems using (problem_id)
group by problems.difficulty
order by problems.difficulty nulls last;
