-- Unbiased pass@k for k = 1, 2, 4, ... of each model and temperature
-- param: at_least = 1 from 1  labelled candidates that a problem has, or it is left out of the whole curve
-- param: split = null of train|validation|test  null: all
-- read: each k averages over the problems with at least k labelled candidates; compare two k only where problems is the same, or raise at_least to the largest k.
with counted as (
    select model, temperature, problem_id, count(correct) as n, count(*) filter (correct) as c
    from attempts
    where $split is null or split = $split
    group by model, temperature, problem_id
),
alike as (
    select model, temperature, n, c, count(*) as problems
    from counted
    where n >= greatest($at_least, 1)
    group by model, temperature, n, c
),
powers as (
    select 1::bigint << i as k
    from range(0, 40) as t(i)
    where 1::bigint << i <= (select max(n) from alike)
),
estimated as (
    select
        *,
        1 - list_product(list_transform(range(k), lambda i: greatest(n - c - i, 0) / (n - i))) as estimate
    from alike
    join powers on k <= n
)
select
    model,
    temperature,
    k,
    sum(problems)::bigint as problems,
    round(sum(estimate * problems order by n, c) / sum(problems), 6) as pass_at_k
from estimated
group by model, temperature, k
order by model, temperature, k;
