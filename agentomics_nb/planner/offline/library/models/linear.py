"""Linear models: the first thing to try, and often the last."""

import numpy as np
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, Ridge, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold


def logistic_regression(C=1.0, class_weight=None, seed=0):
    """Logistic regression with an L2 penalty; a smaller C means a stronger penalty."""
    return LogisticRegression(C=C, class_weight=class_weight, max_iter=3000, random_state=seed)


def sparse_logistic_regression(C=0.1, l1_ratio=0.5, class_weight=None, seed=0):
    """Elastic-net logistic regression: most coefficients become zero, correlated features stay together."""
    return LogisticRegression(
        C=C,
        l1_ratio=l1_ratio,
        class_weight=class_weight,
        solver="saga",
        tol=1e-3,
        max_iter=1000,
        random_state=seed,
    )


class TunedLogisticRegression(LogisticRegressionCV):
    """Logistic regression whose penalty is chosen by cross-validation inside the training rows."""

    def fit(self, X, y, sample_weight=None):
        """Use as many folds as the rarest class has rows, five at most."""
        folds = int(np.clip(np.unique(y, return_counts=True)[1].min(), 2, 5))
        self.cv = StratifiedKFold(folds, shuffle=True, random_state=self.random_state)
        return super().fit(X, y, sample_weight)


def tuned_logistic_regression(Cs=(0.0001, 0.001, 0.01, 0.1, 1.0, 10.0), class_weight=None, seed=0):
    """Logistic regression with the C whose held-out log loss is lowest."""
    return TunedLogisticRegression(
        Cs=list(Cs),
        l1_ratios=(0.0,),
        scoring="neg_log_loss",
        use_legacy_attributes=False,
        class_weight=class_weight,
        max_iter=3000,
        random_state=seed,
    )


def ridge_regression(alpha=1.0, seed=0):
    """Linear regression with an L2 penalty; a larger alpha means a stronger penalty."""
    return Ridge(alpha=alpha, random_state=seed)


def tuned_ridge_regression(alphas=(0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0), seed=0):
    """Ridge regression whose penalty is chosen by five-fold cross-validation inside the training rows."""
    folds = KFold(5, shuffle=True, random_state=seed)
    return RidgeCV(alphas=alphas, cv=folds, scoring="neg_mean_squared_error")
