-- How long answers are, by model and outcome
-- read: medians (the lower of the two middle ones); tokens are of the answers whose tokens are known, characters of the whole answer, code_characters of the code found in it. Lengths tell more within a model than between two.
select
    model,
    outcome,
    count(*) as candidates,
    count(n_tokens) as tokens_known,
    quantile_disc(n_tokens, 0.5) as median_tokens,
    quantile_disc(length(completion), 0.5) as median_characters,
    quantile_disc(length(code), 0.5) as median_code_characters
from attempts
group by model, outcome
order by model, candidates desc, outcome;
