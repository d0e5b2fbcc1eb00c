# Golden values of src/metrics/golden.json, from scikit-learn on seeded vectors:
#   pip install --target /tmp/skl scikit-learn==1.9.1
#   PYTHONPATH=/tmp/skl python3 tools/golden-metrics.py > src/metrics/golden.json
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


cases = [case(0, 12, 1, None), case(1, 20, 2, None), case(2, 30, 1, None), case(3, 16, 3, 1)]
cases.append(case(4, 200, 2, None))
json.dump({"scikit_learn": sklearn.__version__, "cases": cases}, sys.stdout)
print()
