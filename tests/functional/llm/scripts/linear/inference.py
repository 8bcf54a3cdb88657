"""Score new rows with the trained model."""

import argparse

import joblib
import pandas as pd

parser = argparse.ArgumentParser()
parser.add_argument("--input", required=True)
parser.add_argument("--output", required=True)
paths = parser.parse_args()
model = joblib.load(__file__.replace("inference.py", "model.joblib"))
rows = pd.read_csv(paths.input)
scores = pd.DataFrame(model.predict_proba(rows), columns=[f"probability_{name}" for name in model.classes_])
scores.insert(0, "prediction", model.predict(rows))
scores.to_csv(paths.output, index=False)
