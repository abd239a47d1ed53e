"""The simulated world: patients whose log-hazard is a known sum of what their table, genes, images, reports and visits show.

Each part is one module with `draw(rng, n, ...)`, which makes the facts of n patients, and `effect(facts)`, which says what they
add to the log-hazard. Facts are drawn block by block from seeds of their own: the truth is computed first, from all blocks, and
each block's facts are then drawn again, the same, to be shown. So a million patients need little memory.
"""
