-- What the labelling queue asks at every answer: the newest decision of each curator on each subject of a
-- stage, and the last one a curator made. Both are read in the order of an index, without sorting.

CREATE INDEX decision_newest ON decision (stage, image, panel, curator, time DESC, id DESC);
CREATE INDEX decision_curator ON decision (curator, stage, image, panel, time DESC, id DESC);
