-- How far two judges agree on the same lists
-- needs: rankings
-- read: of the lists that both answered properly; same_first: they put the same program first; both_right to both_wrong: whether what each put first is right; same_pairs: the share of pairs of programs that both have in the same order, 0.5 by chance. Judges that err together gain nothing from a vote.
with said as (
    select *, concat_ws('@', model, model_revision) as judge
    from rankings
    where first_slot is not null
),
paired as (
    select
        mine.judge,
        theirs.judge as other_judge,
        mine.first_slot = theirs.first_slot as same_first,
        mine.first_correct as mine_right,
        theirs.first_correct as theirs_right,
        mine.size * (mine.size - 1) // 2 as pairs,
        len([
            k for k in range(mine.size * mine.size)
            if k // mine.size < k % mine.size
            and (mine.places[k // mine.size + 1] < mine.places[k % mine.size + 1])
            = (theirs.places[k // mine.size + 1] < theirs.places[k % mine.size + 1])
        ]) as same_pairs
    from said as mine
    join said as theirs using (group_id, repeat, order_index)
    where mine.judge < theirs.judge and mine.shown = theirs.shown
)
select
    judge,
    other_judge,
    count(*) as rankings,
    round(count(*) filter (same_first) / count(*), 4) as same_first,
    count(*) filter (mine_right and theirs_right) as both_right,
    count(*) filter (mine_right and not theirs_right) as only_judge,
    count(*) filter (not mine_right and theirs_right) as only_other,
    count(*) filter (not mine_right and not theirs_right) as both_wrong,
    round(sum(same_pairs) / sum(pairs), 4) as same_pairs
from paired
group by judge, other_judge
order by judge, other_judge;
