-- Whether a decision settles what curators disagreed on: it overrules the readings made before it.

ALTER TABLE decision ADD COLUMN adjudicates INTEGER NOT NULL DEFAULT 0 CHECK (adjudicates IN (0, 1));
