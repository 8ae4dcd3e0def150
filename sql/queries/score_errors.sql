-- Wrong programs that a reward model scores above every right one
-- needs: scores
-- param: model = null in scores.model  of that reward model only; null: all
-- param: limit = 20  programs at most; null: all
-- read: what a policy trained on these scores would be drawn to, the widest gaps first. best_right is the highest score of a right program of the problem, gap how far this one is above.
with best as (
    select model, model_revision, problem_id, max(score) as best_right
    from scores
    where passed
    group by model, model_revision, problem_id
),
written as (
    select problem_id, program_id, any_value(code) as code
    from candidates
    where program_id is not null
    group by problem_id, program_id
)
select
    model,
    model_revision,
    problem_id,
    problems.source_id,
    program_id,
    round(score, 4) as score,
    round(best_right, 4) as best_right,
    round(score - best_right, 4) as gap,
    outcome,
    tests_passed,
    tests_total,
    written.code
from scores
join best using (model, model_revision, problem_id)
join problems using (problem_id)
left join written using (problem_id, program_id)
where not passed and score > best_right and ($model is null or model = $model)
order by score - best_right desc, problem_id, program_id, model, model_revision
limit $limit;
