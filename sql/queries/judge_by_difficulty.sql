-- How well judges rank, by the difficulty of the problems
-- needs: rankings
-- param: split = null of train|validation|test  null: all
-- read: means over problems, of each problem over its answers; top1: a right program was put first; a malformed answer counts as a random order, as in dualset eval, and chance is what that gets. Each answer counts by itself, where dualset eval takes the orders of a group together.
with counted as (
    select *, len(list_filter(correct, lambda each: each)) as n_right
    from rankings
    where $split is null or split = $split
),
scored as (
    select
        *,
        n_right / size as blind_top1,
        n_right / size
        * list_sum([1 / log2(rank + 1) for rank in range(1, size + 1)])
        / list_sum([1 / log2(rank + 1) for rank in range(1, n_right + 1)]) as blind_ndcg,
        list_sum([1 / log2(places[i] + 1) for i in range(1, size + 1) if correct[i]])
        / list_sum([1 / log2(rank + 1) for rank in range(1, n_right + 1)]) as seen_ndcg
    from counted
),
of_problem as (
    select
        model,
        model_revision,
        problem_id,
        count(*) as rankings,
        count(*) filter (first_slot is null) as malformed,
        avg(coalesce(first_correct::integer, blind_top1)) as top1,
        avg(blind_top1) as top1_chance,
        avg(case when first_slot is null then blind_ndcg else seen_ndcg end) as ndcg,
        avg(blind_ndcg) as ndcg_chance
    from scored
    group by model, model_revision, problem_id
)
select
    model,
    model_revision,
    difficulty,
    count(*) as problems,
    sum(rankings)::bigint as rankings,
    sum(malformed)::bigint as malformed,
    round(avg(top1 order by problem_id), 4) as top1,
    round(avg(top1_chance order by problem_id), 4) as top1_chance,
    round(avg(ndcg order by problem_id), 4) as ndcg,
    round(avg(ndcg_chance order by problem_id), 4) as ndcg_chance
from of_problem
join problems using (problem_id)
group by model, model_revision, difficulty
order by model, model_revision, difficulty;
