-- What became of each problem's candidates
-- param: split = null of train|validation|test  null: all
-- param: limit = null  problems at most; null: all
-- read: one column an outcome, the columns from pass to unlabelled add up to candidates; of a program whose runs differ (flaky) the run that was kept counts.
with counted as (
    select
        problem_id,
        split,
        count(*) as candidates,
        count(*) filter (outcome = 'pass') as pass,
        count(*) filter (outcome = 'wrong_answer') as wrong_answer,
        count(*) filter (outcome = 'runtime_error') as runtime_error,
        count(*) filter (outcome = 'time_limit') as time_limit,
        count(*) filter (outcome = 'memory_limit') as memory_limit,
        count(*) filter (outcome = 'output_limit') as output_limit,
        count(*) filter (outcome = 'syntax_error') as syntax_error,
        count(*) filter (outcome = 'no_code') as no_code,
        count(*) filter (outcome = 'infra_error') as infra_error,
        count(*) filter (outcome is null) as unlabelled,
        count(*) filter (flaky) as flaky
    from attempts
    where $split is null or split = $split
    group by problem_id, split
)
select problem_id, problems.source_id, problems.difficulty, counted.* exclude (problem_id)
from counted
join problems using (problem_id)
order by problem_id
limit $limit;
