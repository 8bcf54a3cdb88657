"""Fit logistic regression on numbers and short words of letters."""

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

STRENGTH = 1.0
LONGEST_WORD = 2

rows = pd.read_csv("train.csv", dtype={"@TARGET@": str})
features = rows.drop(columns="@TARGET@")
numbers = list(features.select_dtypes("number"))
parts = [(StandardScaler(), numbers)] if numbers else []
for column in features.columns.difference(numbers):
    words = CountVectorizer(analyzer="char", ngram_range=(1, LONGEST_WORD), lowercase=False)
    parts.append((words, column))
model = make_pipeline(make_column_transformer(*parts), LogisticRegression(C=STRENGTH, max_iter=300))
model.fit(features, rows["@TARGET@"])
joblib.dump(model, "model.joblib")
print(f"train accuracy {model.score(features, rows['@TARGET@']):.3f}")
