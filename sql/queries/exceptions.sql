-- The most frequent exceptions that programs end with
-- param: limit = 20  exceptions at most; null: all
-- read: each program counts once, with its first failing test; message is one of those seen.
select
    first_failure.exception as exception,
    outcome,
    count(*) as programs,
    count(distinct problem_id) as problems,
    min(first_failure.message) as message
from labels
where first_failure.exception is not null
group by first_failure.exception, outcome
order by programs desc, exception, outcome
limit $limit;
