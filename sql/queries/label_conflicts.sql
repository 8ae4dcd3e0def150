-- Equal code for equal statements with different verdicts
-- param: blanks = "kept" of kept|ignored  ignored: blanks at line ends and empty lines make no difference (reads and compares every text: tens of seconds for a million)
-- param: limit = 20  texts at most; null: all
-- read: there should be none: the same text is one program, and one problem is in a version once. Several problem_ids are one statement with two sets of tests; one is a verdict that hangs on chance or on the machine.
with stated as (
    select problem_id, min(problem_id) over (partition by said) as statement_id
    from (
        select problem_id, hash(trim(regexp_replace(lower(statement), '[ \t\r\n]{2,}|[\t\r\n]', ' ', 'g'))) as said
        from problems
    )
    qualify $blanks = 'ignored' or count(*) over (partition by said) > 1  -- in one problem equal text is one program
),
written as (
    select distinct
        problem_id,
        program_id,
        case
            when $blanks = 'ignored'
                then hash(trim(regexp_replace(code || chr(10), '([ \t\r]*\n)+', chr(10), 'g'), chr(10)))
            else hash(code)
        end as text
    from candidates
    semi join stated using (problem_id)
    where program_id is not null
),
conflicts as (
    select
        statement_id,
        text,
        list_sort(list_distinct(list(problem_id))) as problem_ids,
        count(*) filter (passed) as right_programs,
        count(*) filter (not passed) as wrong_programs,
        min(program_id) filter (passed) as right_program_id,
        min(program_id) filter (not passed) as wrong_program_id
    from written
    join labels using (problem_id, program_id)
    join stated using (problem_id)
    where passed is not null
    group by statement_id, text
    having right_programs > 0 and wrong_programs > 0
),
shown as (
    select program_id, any_value(code) as code
    from candidates
    semi join conflicts on program_id = right_program_id
    group by program_id
)
select problem_ids, right_programs, wrong_programs, right_program_id, wrong_program_id, shown.code
from conflicts
join shown on shown.program_id = right_program_id
order by right_programs + wrong_programs desc, right_program_id
limit $limit;
