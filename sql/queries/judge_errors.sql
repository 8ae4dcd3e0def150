-- Wrong programs that judges put first
-- needs: rankings
-- param: model = null in rankings.model  of that judge only; null: all
-- param: limit = 20  programs at most; null: all
-- read: first of the shown times; those that fool the judge most often come first, and the nearest to passing among them. right_characters is the mean length of the distinct right programs that the judge saw beside it: see whether it likes long code.
with said as (
    select
        model,
        model_revision,
        problem_id,
        first_program_id,
        unnest(shown) as program_id,
        unnest(correct) as right_one
    from rankings
    where first_slot is not null and ($model is null or model = $model)
),
fooled as (
    select
        model,
        model_revision,
        problem_id,
        program_id,
        count(*) filter (program_id = first_program_id) as first,
        count(*) as shown
    from said
    where not right_one
    group by model, model_revision, problem_id, program_id
    having first > 0
),
errors as (
    select fooled.*, outcome, outcomes, first_failure, tests_passed, tests_total
    from fooled
    join labels using (problem_id, program_id)
    order by first desc, tests_passed / nullif(tests_total, 0) desc nulls last, problem_id, program_id, model, model_revision
    limit $limit
),
rivals as (
    select distinct
        errors.model,
        errors.model_revision,
        errors.problem_id,
        errors.program_id,
        unnest(list_filter(rankings.shown, lambda each, place: rankings.correct[place])) as rival_id
    from errors
    join rankings
        on rankings.problem_id = errors.problem_id
        and rankings.model = errors.model
        and rankings.model_revision is not distinct from errors.model_revision
        and list_contains(rankings.shown, errors.program_id)
    where rankings.first_slot is not null
),
written as (
    select program_id, any_value(code) as code
    from candidates
    semi join (
        select problem_id, program_id from errors
        union all
        select problem_id, rival_id from rivals
    ) using (problem_id, program_id)
    group by program_id
),
beside as (
    select model, model_revision, rivals.problem_id, rivals.program_id, round(avg(length(code)))::bigint as right_characters
    from rivals
    join written on written.program_id = rival_id
    group by all
)
select
    errors.model,
    errors.model_revision,
    errors.problem_id,
    problems.source_id,
    errors.program_id,
    first,
    shown,
    outcome,
    list_position(list_transform(outcomes, lambda each: each <> 'pass'), true) - 1 as test_index,
    first_failure.test_id as test_id,
    first_failure.exception as exception,
    tests_passed,
    tests_total,
    round(tests_passed / nullif(tests_total, 0), 4) as passed_share,
    length(written.code) as characters,
    right_characters,
    written.code
from errors
join problems using (problem_id)
left join written using (program_id)
left join beside
    on beside.model = errors.model
    and beside.model_revision is not distinct from errors.model_revision
    and beside.problem_id = errors.problem_id
    and beside.program_id = errors.program_id
order by
    first desc,
    tests_passed / nullif(tests_total, 0) desc nulls last,
    errors.problem_id,
    errors.program_id,
    errors.model,
    errors.model_revision;
