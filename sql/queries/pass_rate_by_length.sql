-- Pass rate of answers of each length
-- param: unit = "characters" of characters|tokens|code_characters  of the answer, or of the code found in it
-- param: split = null of train|validation|test  null: all
-- read: lengths from (inclusive) to twice as much (exclusive); null: a length that is unknown. Longer answers are often to harder problems: compare within a model, and see finish_reasons for those that were cut.
with measured as (
    select
        model,
        finish_reason,
        correct,
        case $unit
            when 'tokens' then n_tokens
            when 'code_characters' then length(code)
            else length(completion)
        end::bigint as size
    from attempts
    where $split is null or split = $split
),
placed as (
    select *, case when size > 0 then 1::bigint << (length(bin(size)) - 1) else size end as length_from
    from measured
)
select
    model,
    length_from,
    count(*) as candidates,
    count(correct) as labelled,
    count(*) filter (correct) as correct,
    round(count(*) filter (correct) / nullif(count(correct), 0), 4) as pass_rate,
    count(*) filter (finish_reason = 'length') as cut
from placed
group by model, length_from
order by model, length_from nulls last;
