-- Views over the tables of a version. The tables themselves are views over its Parquet files (session.py), each with a
-- column split.

-- One row a program and test.
create view executions as
with ran as (
    select
        problem_id,
        program_id,
        unnest(outcomes) as outcome,
        generate_subscripts(outcomes, 1) - 1 as test_index,
        split
    from labels
),
named as (
    select problem_id, list_transform(tests, lambda test: test.test_id) as test_ids from tested
)
select
    ran.problem_id,
    ran.program_id,
    ran.test_index,  -- from 0, in the order of the tests that labels are about (view tested, session.py)
    named.test_ids[ran.test_index + 1] as test_id,
    ran.outcome,
    case when ran.outcome <> 'infra_error' then ran.outcome = 'pass' end as passed,  -- a fault of the machine is unknown
    ran.split
from ran
left join named using (problem_id);

-- One row a candidate, with the verdict on its program. correct: false where no code was found; null where unlabelled.
create view attempts as
select
    candidates.* exclude (split),
    case when candidates.program_id is null then false else labels.passed end as correct,
    case when candidates.program_id is null then 'no_code' else labels.outcome end as outcome,
    labels.tests_passed,
    labels.tests_total,
    labels.flaky,
    candidates.split
from candidates
left join labels on candidates.problem_id = labels.problem_id and candidates.program_id = labels.program_id;
