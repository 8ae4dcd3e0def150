-- The lines of code that raise exceptions
-- param: exception = null in labels.first_failure.exception  only that one, such as IndexError; null: all
-- param: limit = 20  lines at most; null: all
-- read: the innermost line of the program's own, of its first failing test; null where it is unknown: outside the program, or not the same in two runs. Equal lines of several programs are one row, program_id is one of them.
with raised as (
    select
        problem_id,
        program_id,
        first_failure.exception as exception,
        try_cast(regexp_extract(first_failure.message, '^line (\d+)(:|$)', 1) as integer) as line
    from labels
    where first_failure.exception is not null and ($exception is null or first_failure.exception = $exception)
),
written as (
    select program_id, any_value(split_part(code, chr(10), line)) as text
    from candidates
    join raised using (problem_id, program_id)
    where line is not null
    group by program_id
),
located as (
    select raised.*, nullif(trim(text, chr(9) || chr(13) || ' '), '') as source_line
    from raised
    left join written using (program_id)
)
select
    exception,
    source_line,
    count(*) as programs,
    count(distinct problem_id) as problems,
    min(program_id) as program_id,
    arg_min(line, program_id) as line
from located
group by exception, source_line
order by programs desc, exception, source_line nulls last
limit $limit;
