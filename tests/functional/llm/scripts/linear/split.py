"""Split the rows at random, stratified by class, identical rows on one side."""

import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

rows = pd.read_csv("@DATA@", dtype=str, keep_default_na=False)
groups = rows.drop(columns="@TARGET@").agg("|".join, axis=1)
folds = StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=0)
train, validation = next(folds.split(rows, rows["@TARGET@"], groups))
rows.iloc[train].to_csv("@WORKSPACE@/train.csv", index=False)
rows.iloc[validation].to_csv("@WORKSPACE@/validation.csv", index=False)
print(f"{len(train)} rows to train on, {len(validation)} to validate on")
