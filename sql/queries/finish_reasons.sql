-- Why answers ended, and what came of them
-- read: length means cut at the limit of tokens: where that is frequent or never right, raise max_tokens; prompt_too_long was never asked; null is unknown.
select
    finish_reason,
    model,
    count(*) as candidates,
    count(program_id) as with_code,
    count(correct) as labelled,
    count(*) filter (correct) as correct,
    round(count(*) filter (correct) / nullif(count(correct), 0), 4) as pass_rate,
    quantile_disc(n_tokens, 0.5) as median_tokens
from attempts
group by finish_reason, model
order by candidates desc, finish_reason, model;
