-- How different the programs of a problem are
-- param: split = null of train|validation|test  null: all
-- param: limit = 20  problems at most; null: all
-- read: effective_programs is how many equally frequent programs would repeat as often (1: always the same); ways_to_fail is how many different rows of outcomes the wrong programs have. The least diverse come first.
with counted as (
    select problem_id, split, program_id, count(*) as n
    from candidates
    where program_id is not null and ($split is null or split = $split)
    group by problem_id, split, program_id
),
varied as (
    select
        problem_id,
        split,
        sum(n)::bigint as candidates,
        count(*) as programs,
        round(sum(n) * sum(n) / sum(n * n), 2) as effective_programs
    from counted
    group by problem_id, split
),
judged as (
    select
        problem_id,
        count(*) filter (passed) as right_programs,
        count(*) filter (not passed) as wrong_programs,
        count(distinct case when not passed then hash(outcomes) end) as ways_to_fail
    from labels
    group by problem_id
)
select
    problem_id,
    problems.source_id,
    varied.split,
    candidates,
    programs,
    effective_programs,
    right_programs,
    wrong_programs,
    ways_to_fail
from varied
join problems using (problem_id)
left join judged using (problem_id)
order by effective_programs, problem_id
limit $limit;
