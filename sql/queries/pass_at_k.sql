-- Unbiased pass@k of each model and temperature
-- param: k = 1 from 1  attempts that one right answer is looked for in
-- param: split = null of train|validation|test  null: all
-- read: 1 - C(n-c, k) / C(n, k), averaged over the problems that have at least k labelled candidates; the others are left out.
with counted as (
    select model, temperature, problem_id, count(correct) as n, count(*) filter (correct) as c
    from attempts
    where $split is null or split = $split
    group by model, temperature, problem_id
),
estimated as (
    select
        *,
        1 - list_product(list_transform(range(cast($k as bigint)), lambda i: greatest(n - c - i, 0) / (n - i))) as estimate
    from counted
    where n >= $k
)
select
    model,
    temperature,
    $k as k,
    count(*) as problems,
    sum(n)::bigint as labelled,
    sum(c)::bigint as correct,
    round(avg(estimate order by problem_id), 6) as pass_at_k
from estimated
group by model, temperature
order by pass_at_k desc, model, temperature;
