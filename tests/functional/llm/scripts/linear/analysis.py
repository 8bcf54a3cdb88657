import matplotlib.pyplot as plt
import pandas as pd

truth = pd.read_csv("@WORKSPACE@/validation.csv", dtype=str)["@TARGET@"]
made = pd.read_csv("@WORKSPACE@/validation_predictions.csv", dtype=str)["prediction"]
table = pd.crosstab(truth, made)
print(table)
figure, axes = plt.subplots(figsize=(3, 3))
axes.imshow(table.to_numpy())
plt.show()
