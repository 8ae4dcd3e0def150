-- Does a reward model see near misses?
-- needs: scores
-- param: split = null of train|validation|test  null: all
-- read: fails says how the wrong program fails: all tests, more than half, at most half, or one. accuracy is the share of pairs in which the right program scores higher, a tie being half, as a mean over problems; mean_gap is how much higher. A model that looks at style falls to 0.5 at one.
with asked as (
    select model, model_revision, problem_id, passed, tests_passed, tests_total, score
    from scores
    where passed is not null and ($split is null or split = $split)
),
compared as (
    select
        wrong.model,
        wrong.model_revision,
        wrong.problem_id,
        case
            when wrong.tests_passed = 0 then 'all'
            when wrong.tests_total - wrong.tests_passed = 1 then 'one'
            when wrong.tests_passed * 2 < wrong.tests_total then 'more than half'
            else 'at most half'
        end as fails,
        asked.score - wrong.score as gap
    from asked
    join asked as wrong
        on wrong.model = asked.model
        and wrong.model_revision = asked.model_revision
        and wrong.problem_id = asked.problem_id
    where asked.passed and not wrong.passed and wrong.tests_total > 0
),
of_problem as (
    select
        model,
        model_revision,
        fails,
        problem_id,
        count(*) as pairs,
        avg(case when gap > 0 then 1.0 when gap = 0 then 0.5 else 0.0 end) as accuracy,
        avg(gap) as gap
    from compared
    group by model, model_revision, fails, problem_id
)
select
    model,
    model_revision,
    fails,
    count(*) as problems,
    sum(pairs)::bigint as pairs,
    round(avg(accuracy), 4) as accuracy,
    round(avg(gap), 4) as mean_gap
from of_problem
group by model, model_revision, fails
order by model, model_revision, list_position(['all', 'more than half', 'at most half', 'one'], fails);
