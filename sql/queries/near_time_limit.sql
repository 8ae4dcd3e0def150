-- Programs whose slowest test is near the limit of time
-- param: percent = 50 from 1 to 100  of the limit that counts as near: 50 is from half of it to twice, 90 from 90 % to 111 %
-- param: limit = 20  programs at most; null: all
-- read: used is CPU time over the limit; above 1 it was over it. A quicker or slower machine may give these another verdict. A test that was stopped has no time, so most endless loops are not here.
with timed as (
    select problem_id, program_id, durations_ms, list_max(durations_ms) as slowest_ms
    from observations
    where slowest_ms >= 0.99 * $percent / 100 * (select 1000 * min(limits.timeout_s) from labels)  -- few: joins are slow
),
limited as (
    select problem_id, program_id, passed, outcome, limits.timeout_s * 1000 as limit_ms
    from labels
    where passed or list_contains(outcomes, 'time_limit')
),
near as (
    select *, slowest_ms / nullif(limit_ms, 0) as share
    from timed
    join limited using (problem_id, program_id)
    where share between $percent / 100 and 100 / greatest($percent, 1)
    order by share desc, problem_id, program_id
    limit $limit
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
    round(share, 4) as used
from near
join problems using (problem_id)
order by share desc, problem_id, program_id;
