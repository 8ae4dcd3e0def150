-- Tokens that a passing program costs, by model
-- read: only answers whose tokens and verdict are known are counted; a_program counts equal programs of a problem once. Tokens of two models are of two tokenizers.
with counted as (
    select
        model,
        count(*) as candidates,
        count(*) filter (known) as counted,
        sum(n_tokens) filter (known) as tokens,
        count(*) filter (known and correct) as correct,
        count(distinct program_id) filter (known and correct) as programs,
        count(distinct problem_id) filter (known and correct) as problems_solved
    from (select *, correct is not null and n_tokens is not null as known from attempts)
    group by model
)
select
    model,
    candidates,
    counted,
    tokens::bigint as tokens,
    correct,
    programs,
    problems_solved,
    round(tokens / nullif(correct, 0), 1) as tokens_a_pass,
    round(tokens / nullif(programs, 0), 1) as tokens_a_program,
    round(tokens / nullif(problems_solved, 0), 1) as tokens_a_problem
from counted
order by tokens_a_pass nulls last, model;
