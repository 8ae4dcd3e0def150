-- How many groups have how many right candidates
-- read: share is of the groups of that split and size; the more uneven, the more a constant guess pays (see groups.balance in recipes).
with counted as (
    select split, len(correct) as size, n_correct, count(*) as groups, count(distinct problem_id) as problems
    from groups
    group by split, size, n_correct
)
select
    split,
    size,
    n_correct,
    groups,
    problems,
    round(groups / (sum(groups) over (partition by split, size)), 4) as share
from counted
order by split, size, n_correct;
