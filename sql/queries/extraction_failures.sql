-- Answers that no code was found in
-- param: model = null in candidates.model  of that model only; null: all
-- param: limit = 20  answers at most; null: all
-- read: such an answer counts as wrong; ending is its last 200 characters: cut answers (length) and unclosed thoughts want more tokens, prose another prompt.
select
    problem_id,
    problems.source_id,
    candidate_id,
    model,
    extraction,
    finish_reason,
    n_tokens,
    length(completion) as characters,
    right(completion, 200) as ending
from candidates
join problems using (problem_id)
where program_id is null and ($model is null or model = $model)
order by problem_id, candidate_id
limit $limit;
