-- Programs whose slowest test is near the limit of time
-- param: percent = 50  of the limit that counts as near: 50 is from half of it to twice, 90 from 90 % to 111 %
-- param: limit = 20  programs at most; null: all
-- read: used is CPU time over the limit; above 1 it was over it. A quicker or slower machine may give these another verdict. A test that was stopped has no time, so most endless loops are not here.
with timed as (
    select
        problem_id,
        program_id,
        durations_ms,
        list_max(durations_ms) as slowest_ms
    from observations
    where len(durations_ms) > 0
),
used as (
    select
        timed.*,
        labels.passed,
        labels.outcome,
        labels.limits.timeout_s * 1000 as limit_ms,
        slowest_ms / nullif(labels.limits.timeout_s * 1000, 0) as used
    from timed
    join labels using (problem_id, program_id)
    where labels.passed or list_contains(labels.outcomes, 'time_limit')
)
select
    problem_id,
    problems.source_id,
    program_id,
    passed,
    outcome,
    list_position(durations_ms, slowest_ms) - 1 as test_index,
    slowest_ms,
    limit_ms,
    round(used, 4) as used
from used
join problems using (problem_id)
where used between $percent / 100 and 100 / greatest($percent, 1)
order by used.used desc, problem_id, program_id
limit $limit;
