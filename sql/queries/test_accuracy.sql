-- Generated tests: how many are right, all and those that the consensus chose, by difficulty
-- param: split = null of train|validation|test  null: all
-- read: a test is right if every reference program passes it, where that was run (labels.truth in the recipe). Weighted counts a test as often as it was written; programs that pass wrong tests agree on a misreading.
select
    problems.difficulty,
    count(distinct problem_id) as problems,
    count(*) as tests,
    count(*) filter (valid) as right,
    round(count(*) filter (valid) / count(*), 4) as accuracy,
    round(sum(count) filter (valid) / sum(count), 4) as accuracy_weighted,
    count(*) filter (chosen) as chosen,
    round(count(*) filter (chosen and valid) / nullif(count(*) filter (chosen), 0), 4) as accuracy_chosen
from generated_tests
join problems using (problem_id)
where valid is not null and ($split is null or generated_tests.split = $split)
group by problems.difficulty
order by problems.difficulty nulls last;
