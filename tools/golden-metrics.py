# Golden values of src/metrics/golden.json, from scikit-learn on seeded vectors:
#   pip install --target /tmp/skl scikit-learn==1.9.1
#   PYTHONPATH=/tmp/skl python3 tools/golden-metrics.py > src/metrics/golden.json
#   PYTHONPATH=/tmp/skl python3 tools/golden-metrics.py classes > src/metrics/golden-classes.json
import json
import sys

import numpy as np
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

BINS = 10


def calibration(y, p):
    """Expected calibration error over the bins of scikit-learn's calibration_curve."""
    positives, mean = calibration_curve(y, p, n_bins=BINS, strategy="uniform")
    edges = np.linspace(0, 1, BINS + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], p), minlength=BINS)
    held = counts[counts > 0]
    return float(np.sum(held / len(y) * np.abs(positives - mean))), counts.tolist()


def case(seed, n, decimals, positives):
    draw = np.random.RandomState(seed)
    y = draw.randint(0, 2, n)
    # Few decimals make ties.
    p = np.round(np.clip(draw.rand(n) * 0.7 + 0.3 * y * draw.rand(n), 0, 1), decimals)
    if positives is not None:
        y[:] = 0
        y[:positives] = 1
    said = p >= 0.5
    fpr, tpr, thresholds = roc_curve(y, p, drop_intermediate=False)
    best = int(np.argmax(tpr - fpr))
    ece, counts = calibration(y, p)
    return {
        "seed": seed,
        "labels": y.tolist(),
        "scores": p.tolist(),
        # tn, fp, fn, tp
        "confusion": confusion_matrix(y, said).ravel().tolist(),
        "accuracy": accuracy_score(y, said),
        "precision": precision_score(y, said),
        "recall": recall_score(y, said),
        "specificity": recall_score(1 - y, 1 - said),
        "f1": f1_score(y, said),
        "auroc": roc_auc_score(y, p),
        "auprc": average_precision_score(y, p),
        "brier": brier_score_loss(y, p),
        "ece": ece,
        "bins": counts,
        # Infinite where no threshold is better than calling everything negative.
        "threshold": float(thresholds[best]) if np.isfinite(thresholds[best]) else None,
        "youden": float(tpr[best] - fpr[best]),
    }


def of_classes(seed, n, decimals, empty):
    """Three classes, each against the rest; `empty` has no image, and no mean counts it."""
    draw = np.random.RandomState(seed)
    present = [c for c in range(3) if c != empty]
    y = np.array(present)[draw.randint(0, len(present), n)]
    p = draw.dirichlet([1.0, 1.0, 1.0], n) + 0.6 * np.eye(3)[y] * draw.rand(n, 1)
    # Few decimals make ties; they need not add up to 1 for what is measured here.
    p = np.round(p / p.sum(axis=1, keepdims=True), decimals)
    said = p.argmax(axis=1)
    threshold = []
    auroc, auprc = [], []
    for c in range(3):
        against = (y == c).astype(int)
        if c == empty:
            auroc.append(None)
            auprc.append(None)
            threshold.append(None)
            continue
        auroc.append(roc_auc_score(against, p[:, c]))
        auprc.append(average_precision_score(against, p[:, c]))
        fpr, tpr, thresholds = roc_curve(against, p[:, c], drop_intermediate=False)
        best = int(np.argmax(tpr - fpr))
        threshold.append(float(thresholds[best]) if np.isfinite(thresholds[best]) else None)
    told = {"labels": present, "average": "macro", "zero_division": 0}
    return {
        "seed": seed,
        "labels": y.tolist(),
        "probabilities": p.tolist(),
        "confusion": confusion_matrix(y, said, labels=[0, 1, 2]).tolist(),
        "accuracy": accuracy_score(y, said),
        "balanced_accuracy": recall_score(y, said, **told),
        "macro_precision": precision_score(y, said, **told),
        "macro_f1": f1_score(y, said, **told),
        "macro_auroc": float(np.mean([a for a in auroc if a is not None])),
        "macro_auprc": float(np.mean([a for a in auprc if a is not None])),
        "brier": float(np.mean(np.sum((p - np.eye(3)[y]) ** 2, axis=1))),
        "auroc": auroc,
        "auprc": auprc,
        "threshold": threshold,
    }


if sys.argv[1:] == ["classes"]:
    cases = [of_classes(0, 15, 1, None), of_classes(1, 30, 2, None), of_classes(2, 40, 1, 1), of_classes(3, 24, 3, 2)]
    cases.append(of_classes(4, 200, 2, None))
else:
    cases = [case(0, 12, 1, None), case(1, 20, 2, None), case(2, 30, 1, None), case(3, 16, 3, 1)]
    cases.append(case(4, 200, 2, None))
json.dump({"scikit_learn": sklearn.__version__, "cases": cases}, sys.stdout)
print()
