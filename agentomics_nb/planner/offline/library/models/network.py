"""Train a neural network in epochs, watch it on held-out rows, and keep its best state."""

import copy
import json
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import train_test_split
from torch import nn

LOG = Path("training_log.jsonl")


def outputs_of(network, inputs, rows=512):
    """Return the network's outputs, computed some rows at a time."""
    network.eval()
    with torch.no_grad():
        return torch.cat([network(part) for part in inputs.split(rows)])


def warm_then_cool(done, warm=0.2):
    """Return the learning rate's share of its highest value when the share `done` of all steps is done."""
    return 0.04 + 0.96 * (done / warm if done < warm else 0.5 + 0.5 * np.cos(np.pi * (done - warm) / (1 - warm)))


def train_in_epochs(network, loss_of, inputs, answers, watched, epochs, least_epochs, batch, rate, seed, name):
    """Train on all rows but the `watched` ones; keep the epoch at which their loss is lowest.

    The first `least_epochs` - 1 are not kept: early on the loss may rest for some epochs before it falls.
    """
    kept = torch.ones(len(inputs), dtype=torch.bool)
    kept[watched] = False
    learned = kept.nonzero().ravel()
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    steps = epochs * -(-len(learned) // batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warm_then_cool(step / steps))
    best, best_loss = None, np.inf
    for epoch in range(1, epochs + 1):
        start, total = time.perf_counter(), 0.0
        network.train()
        for rows in learned[torch.randperm(len(learned), generator=order)].split(batch):
            loss = loss_of(network(inputs[rows]), answers[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        held_out = loss_of(outputs_of(network, inputs[watched]), answers[watched]).item()
        if epoch >= least_epochs and held_out < best_loss:
            best, best_loss = copy.deepcopy(network.state_dict()), held_out
        note(name, epoch, epochs, total / len(learned), held_out, time.perf_counter() - start)
    if best is not None:
        network.load_state_dict(best)
    return network.eval()


def note(name, epoch, epochs, train_loss, held_out_loss, seconds):
    """Print one line, and append it to the training log."""
    print(f"epoch {epoch}/{epochs}  train loss {train_loss:.4f}  held-out loss {held_out_loss:.4f}", flush=True)
    line = {
        "model": name,
        "epoch": epoch,
        "of": epochs,
        "train_loss": round(train_loss, 5),
        "held_out_loss": round(held_out_loss, 5),
        "seconds": round(seconds, 2),
    }
    with LOG.open("a") as log:
        log.write(json.dumps(line) + "\n")


def scale_and_shift(logits, labels):
    """Find the scale and the shifts of the classes that make held-out probabilities honest; shape (1 + classes,).

    Networks are surer than they are right. One scale (temperature, Guo et al. 2017) and a shift per class
    are too few numbers to learn the held-out rows by heart.
    """
    log_scale = torch.zeros(1, requires_grad=True)
    shift = torch.zeros(logits.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS([log_scale, shift], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(logits * log_scale.exp() + shift, labels)
        loss = loss + 0.01 * (log_scale.square().sum() + shift.square().sum())
        loss.backward()
        return loss

    optimizer.step(closure)
    return log_scale.exp().item(), shift.detach()


class NetworkClassifier(ClassifierMixin, BaseEstimator):
    """Several networks of one design; each holds out other rows to choose its epoch and to calibrate.

    Parameters
    ----------
    design : callable
        ``design(outputs)`` returns an untrained network.
    networks, epochs, least_epochs, batch : int
        How many networks, and how each is trained.
    rate : float
        Highest learning rate.
    class_weight : {None, "balanced"}
        Whether rare classes count as much as common ones.
    """

    def __init__(self, design, networks=1, epochs=10, least_epochs=6, batch=64, rate=2e-3, class_weight=None, seed=0):
        self.design = design
        self.networks = networks
        self.epochs = epochs
        self.least_epochs = least_epochs
        self.batch = batch
        self.rate = rate
        self.class_weight = class_weight
        self.seed = seed

    def fit(self, X, y):
        """Train all networks on the letter codes `X`, shape (rows, positions)."""
        self.classes_, labels = np.unique(y, return_inverse=True)
        inputs, answers = torch.as_tensor(np.asarray(X)), torch.as_tensor(labels)
        counts = np.bincount(labels)
        weight = (
            torch.tensor(len(labels) / (len(counts) * counts), dtype=torch.float32)
            if self.class_weight == "balanced"
            else None
        )
        loss_of = nn.CrossEntropyLoss(weight=weight, label_smoothing=0.02)
        self.trained_ = []
        for number in range(self.networks):
            seed = self.seed + number
            torch.manual_seed(seed)
            _, watched = train_test_split(
                np.arange(len(labels)),
                test_size=max(0.1, len(counts) / len(labels)),
                stratify=labels if counts.min() > 1 else None,
                random_state=seed,
            )
            name = f"network {number + 1} of {self.networks}"
            print(name, flush=True)
            network = train_in_epochs(
                self.design(len(counts)),
                loss_of,
                inputs,
                answers,
                watched,
                self.epochs,
                self.least_epochs,
                self.batch,
                self.rate,
                seed,
                name,
            )
            calibration = scale_and_shift(outputs_of(network, inputs[watched]), answers[watched])
            self.trained_.append((network, *calibration))
        return self

    def predict_proba(self, X):
        """Return calibrated probabilities; the networks' logits are averaged."""
        inputs = torch.as_tensor(np.asarray(X))
        logits = [scale * outputs_of(network, inputs) + shift for network, scale, shift in self.trained_]
        return torch.stack(logits).mean(dim=0).double().softmax(dim=1).numpy()

    def predict(self, X):
        """Return the most probable class."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class NetworkRegressor(RegressorMixin, BaseEstimator):
    """Several networks of one design for a number; each holds out other rows to choose its epoch.

    Parameters
    ----------
    design : callable
        ``design(outputs)`` returns an untrained network.
    networks, epochs, least_epochs, batch : int
        How many networks, and how each is trained.
    rate : float
        Highest learning rate.
    """

    def __init__(self, design, networks=1, epochs=10, least_epochs=6, batch=64, rate=2e-3, seed=0):
        self.design = design
        self.networks = networks
        self.epochs = epochs
        self.least_epochs = least_epochs
        self.batch = batch
        self.rate = rate
        self.seed = seed

    def fit(self, X, y):
        """Train all networks on the letter codes `X`, shape (rows, positions)."""
        values = np.asarray(y, dtype=np.float64)
        self.mean_, self.spread_ = values.mean(), values.std() or 1.0
        inputs = torch.as_tensor(np.asarray(X))
        answers = torch.as_tensor((values - self.mean_) / self.spread_, dtype=torch.float32)[:, None]
        self.trained_ = []
        for number in range(self.networks):
            seed = self.seed + number
            torch.manual_seed(seed)
            _, watched = train_test_split(np.arange(len(values)), test_size=0.1, random_state=seed)
            name = f"network {number + 1} of {self.networks}"
            print(name, flush=True)
            network = train_in_epochs(
                self.design(1),
                nn.MSELoss(),
                inputs,
                answers,
                watched,
                self.epochs,
                self.least_epochs,
                self.batch,
                self.rate,
                seed,
                name,
            )
            self.trained_.append(network)
        return self

    def predict(self, X):
        """Return the mean prediction of the networks."""
        inputs = torch.as_tensor(np.asarray(X))
        outputs = torch.stack([outputs_of(network, inputs) for network in self.trained_]).mean(dim=0)
        return self.mean_ + self.spread_ * outputs.double().numpy()[:, 0]
