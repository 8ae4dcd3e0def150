-- Programs whose verdict differs between two versions
-- with: the other version
-- param: limit = 20  programs at most; null: all
-- read: the same code on the same problem. From null or to null is a fault of the machine or a flaky program; true to false, or back, a change of tests, limits or the grader, or a program that is not steady (flaky is null where it ran once).
select
    problem_id,
    problems.source_id,
    program_id,
    other.passed as other_passed,
    labels.passed,
    other.outcome as other_outcome,
    labels.outcome,
    other.tests_passed as other_tests_passed,
    labels.tests_passed,
    other.limits = labels.limits as same_limits,
    other.flaky or labels.flaky as flaky
from labels
join other.labels as other using (problem_id, program_id)
join problems using (problem_id)
where other.passed is distinct from labels.passed
order by problem_id, program_id
limit $limit;
