"""How well rankers find what every camp rates well: `make evaluate`.

**Real votes** (`real`). Every vote is held out with probability one half; of the other half a share is what the ranker
sees. Camps come from a judge who never saw the votes on the items that these camps judge: items are cut in five folds,
and the camps for one fold are found in all votes on the other four. The truth of an item is the smallest, over camps,
of its approval among held-out votes. **Invented votes** (`synthetic`): the truth is known. **Attacks** (`attacks`): how
far accounts move one item's rank. **Monotone** (`monotone`): an up-vote must not lower its item, a down-vote not raise it.

Everything is drawn by keyed hashes or seeded generators, so a figure is the same on every machine.
"""
