-- Pass rate of each problem, the hardest first
-- param: split = null of train|validation|test  null: all
-- param: limit = null  problems at most; null: all
-- read: candidates whose verdict is unknown are neither right nor wrong: they are in candidates, not in labelled.
select
    attempts.problem_id,
    any_value(problems.source_id) as source_id,
    any_value(problems.difficulty) as difficulty,
    attempts.split,
    count(*) as candidates,
    count(distinct program_id) as programs,
    count(correct) as labelled,
    count(*) filter (correct) as correct,
    round(count(*) filter (correct) / nullif(count(correct), 0), 4) as pass_rate
from attempts
join problems using (problem_id)
where $split is null or attempts.split = $split
group by attempts.problem_id, attempts.split
order by pass_rate nulls last, attempts.problem_id
limit $limit;
