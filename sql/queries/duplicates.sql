-- How often the samples of a problem are the same program
-- param: limit = 20  problems at most; null: all
-- read: repeated = candidates with code less distinct programs; most_common is the largest number of candidates that are one program.
with counted as (
    select problem_id, program_id, count(*) as n
    from candidates
    where program_id is not null
    group by problem_id, program_id
)
select
    problem_id,
    any_value(problems.source_id) as source_id,
    sum(n)::bigint as candidates,
    count(*) as programs,
    (sum(n) - count(*))::bigint as repeated,
    max(n) as most_common,
    round(1 - count(*) / sum(n), 4) as repeated_share
from counted
join problems using (problem_id)
group by problem_id
order by repeated_share desc, problem_id
limit $limit;
