"""A convolutional network that reads a sequence and knows where along it each motif stands."""

from functools import partial

from torch import nn

from .network import NetworkClassifier, NetworkRegressor


class SequenceNetwork(nn.Module):
    """Find motifs, join neighbouring ones, and weigh them by position.

    Parameters
    ----------
    width : int
        Positions of the sequence.
    outputs : int
        Classes, or 1 for a number.
    bins : int
        Stretches along the sequence in which the strongest motif counts.
    alphabet : int
        Letters: 4 bases or 20 amino acids.
    """

    def __init__(self, width, bins, alphabet, outputs, channels=64, motif=11, dropout=0.4):
        super().__init__()
        self.alphabet = alphabet
        self.motifs = nn.Sequential(
            nn.Conv1d(alphabet, channels, motif, padding=motif // 2),
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            nn.MaxPool1d(2 if width > 40 else 1),
            nn.Dropout(dropout / 2),
            nn.Conv1d(channels, channels, 5, padding=2),
            nn.BatchNorm1d(channels),
            nn.ReLU(),
        )
        self.places = nn.AdaptiveMaxPool1d(bins)
        self.judge = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(channels * bins, 64), nn.ReLU(), nn.Linear(64, outputs)
        )

    def forward(self, codes):
        """Return the outputs for letter codes of shape (rows, positions)."""
        one_hot = nn.functional.one_hot(codes.long(), self.alphabet + 1)[..., : self.alphabet]
        return self.judge(self.places(self.motifs(one_hot.float().transpose(1, 2))).flatten(1))


def sequence_cnn(width, bins=16, alphabet=4, networks=1, epochs=10, batch=64, class_weight=None, seed=0):
    """Classify sequences of up to `width` letters."""
    return NetworkClassifier(
        partial(SequenceNetwork, width, bins, alphabet),
        networks=networks,
        epochs=epochs,
        batch=batch,
        class_weight=class_weight,
        seed=seed,
    )


def sequence_cnn_regressor(width, bins=16, alphabet=4, networks=1, epochs=10, batch=64, seed=0):
    """Predict a number from sequences of up to `width` letters."""
    return NetworkRegressor(
        partial(SequenceNetwork, width, bins, alphabet), networks=networks, epochs=epochs, batch=batch, seed=seed
    )
