-- Labels against the verdicts that came with imported samples
-- read: recorded verdicts are often from other tests; correct but recorded as failing means weaker tests here, the other way round a fault in one of the two.
select
    model,
    recorded_passed,
    correct,
    count(*) as candidates,
    count(distinct program_id) as programs,
    count(distinct problem_id) as problems,
    round(count(*) / (sum(count(*)) over (partition by model)), 4) as share
from attempts
where recorded_passed is not null
group by model, recorded_passed, correct
order by model, recorded_passed, correct nulls last;
