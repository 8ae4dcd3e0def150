-- How long answers are, by model and outcome
-- param: unit = "characters" of characters|tokens|code_characters  of the answer, or of the code found in it
-- param: split = null of train|validation|test  null: all
-- read: known are those whose length is known; the median is the lower of the two middle ones, and a tenth are no longer than shortest_tenth, no more than a tenth longer than longest_tenth. Lengths tell more within a model than between two.
with measured as (
    select
        model,
        outcome,
        case $unit
            when 'tokens' then n_tokens
            when 'code_characters' then length(code)
            else length(completion)
        end as size
    from attempts
    where $split is null or split = $split
),
counted as (
    select
        model,
        outcome,
        count(*) as candidates,
        count(size) as known,
        quantile_disc(size, [0.1, 0.5, 0.9]) as sizes
    from measured
    group by model, outcome
)
select
    model,
    outcome,
    candidates,
    known,
    sizes[1] as shortest_tenth,
    sizes[2] as median,
    sizes[3] as longest_tenth
from counted
order by model, candidates desc, outcome;
