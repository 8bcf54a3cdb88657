import csv
from pathlib import Path

with Path("@WORKSPACE@/validation.csv").open(newline="") as file:
    truth = [row["@TARGET@"] for row in csv.DictReader(file)]
with Path("@WORKSPACE@/validation_predictions.csv").open(newline="") as file:
    made = [row["prediction"] for row in csv.DictReader(file)]
print("wrong", sum(one != other for one, other in zip(truth, made, strict=True)), "of", len(truth))
