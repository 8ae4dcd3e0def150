-- What share of the tests programs pass
-- param: split = null of train|validation|test  null: all
-- read: shares from (inclusive) to (exclusive) a tenth more; exactly 0 and exactly 1 are rows of their own. Programs just below 1 are the hardest negatives (near_misses lists those that fail one test); many at 0 are errors rather than wrong answers.
with placed as (
    select
        problem_id,
        case when tests_passed = tests_total then 1 else tests_passed * 10 // tests_total / 10 end as share_from,
        case
            when tests_passed = tests_total then 1
            when tests_passed = 0 then 0
            else (tests_passed * 10 // tests_total + 1) / 10
        end as share_to
    from labels
    where passed is not null and tests_total > 0 and ($split is null or split = $split)
)
select
    share_from,
    share_to,
    count(*) as programs,
    count(distinct problem_id) as problems,
    round(count(*) / (sum(count(*)) over ()), 4) as share
from placed
group by share_from, share_to
order by share_from, share_to;
