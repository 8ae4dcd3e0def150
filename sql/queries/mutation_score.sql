-- Generated tests: how many mutants of a right program they find, all and those that the consensus chose, by difficulty
-- param: split = null of train|validation|test  null: all
-- read: a test's score is the share of mutants of the first reference that fail it; only tests that this reference passes have one (labels.mutants in the recipe). Means over tests; without_kill are right tests that find nothing.
select
    problems.difficulty,
    count(distinct problem_id) as problems,
    count(*) as tests,
    round(avg(mutants), 2) as mutants_a_test,
    round(avg(killed / mutants), 4) as mutation_score,
    count(*) filter (killed = 0) as without_kill,
    count(*) filter (chosen) as chosen,
    round(avg(killed / mutants) filter (chosen), 4) as mutation_score_chosen
from generated_tests
join problems using (problem_id)
where mutants > 0 and ($split is null or generated_tests.split = $split)
group by problems.difficulty
order by problems.difficulty nulls last;
