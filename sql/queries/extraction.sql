-- How code was found in the answers, and what came of it
-- read: extraction says how code was found, or why none was; without code a candidate is wrong.
select
    extraction,
    model,
    count(*) as candidates,
    count(program_id) as with_code,
    count(distinct program_id) as programs,
    count(*) filter (correct) as correct,
    round(count(*) filter (correct) / nullif(count(correct), 0), 4) as pass_rate
from attempts
group by extraction, model
order by candidates desc, extraction, model;
