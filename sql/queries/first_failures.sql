-- Which test is the first that wrong programs fail
-- param: split = null of train|validation|test  null: all
-- read: found is the share of wrong programs that the tests up to this one find out: where it is near 1 early, fewer tests would have told nearly as much.
with failed as (
    select
        problem_id,
        list_position(list_transform(outcomes, lambda outcome: outcome <> 'pass'), true) - 1 as test_index
    from labels
    where not passed and ($split is null or split = $split)
),
counted as (
    select test_index, count(*) as programs, count(distinct problem_id) as problems
    from failed
    where test_index is not null
    group by test_index
)
select
    test_index,
    programs,
    problems,
    round(programs / (sum(programs) over ()), 4) as share,
    round((sum(programs) over (order by test_index)) / (sum(programs) over ()), 4) as found
from counted
order by test_index;
