"""Give each row the class whose mean is nearest."""

import argparse
import csv
import json
import math
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--input", required=True)
parser.add_argument("--output", required=True)
paths = parser.parse_args()
with Path(__file__).with_name("model.json").open() as file:
    model = json.load(file)
with Path(paths.input).open(newline="") as file:
    rows = list(csv.DictReader(file))


def probabilities(row):
    near = {}
    for label, means in model["means"].items():
        distance = sum(((float(row[name]) - mean) / model["scale"][name]) ** 2 for name, mean in means.items())
        near[label] = math.exp(-model["strength"] * distance / len(means))
    total = sum(near.values())
    return {label: value / total for label, value in near.items()}


with Path(paths.output).open("w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["prediction", *(f"probability_{label}" for label in model["means"])])
    for row in rows:
        found = probabilities(row)
        writer.writerow([max(found, key=found.get), *found.values()])
