-- How many groups problems of which pass rate give
-- param: split = null of train|validation|test  null: all
-- read: pass rates from (inclusive) to (exclusive) a tenth more; exactly 0 and exactly 1 are rows of their own and can give no mixed group, null is without labels. right_share is of the candidates in groups.
with rated as (
    select problem_id, count(*) as candidates, count(correct) as n, count(*) filter (correct) as c
    from attempts
    where $split is null or split = $split
    group by problem_id
),
given as (
    select problem_id, count(*) as groups, sum(n_correct) as right_ones, sum(len(correct)) as members
    from groups
    group by problem_id
),
placed as (
    select
        *,
        case when n = 0 then null when c = n then 1 else c * 10 // n / 10 end as pass_rate_from,
        case when n = 0 then null when c = 0 then 0 when c = n then 1 else (c * 10 // n + 1) / 10 end as pass_rate_to
    from rated
    left join given using (problem_id)
)
select
    pass_rate_from,
    pass_rate_to,
    count(*) as problems,
    sum(candidates)::bigint as candidates,
    count(groups) as problems_with_groups,
    coalesce(sum(groups), 0)::bigint as groups,
    round(coalesce(sum(groups), 0) / count(*), 2) as groups_a_problem,
    round(sum(right_ones) / sum(members), 4) as right_share
from placed
group by pass_rate_from, pass_rate_to
order by pass_rate_from nulls last, pass_rate_to;
