"""A convolutional network over the matrix of all letter pairs of two sequences."""

from functools import partial

import torch
from torch import nn

from .network import NetworkClassifier, NetworkRegressor


class PairNetwork(nn.Module):
    """Read every ungapped alignment of guide and target; a stem is a run of good pairs along one of them.

    The strands of a duplex run in opposite directions, so that the target is read from its 3' end. A bulge
    moves the stem to the neighbouring alignment: the convolutions see three alignments at once.

    Parameters
    ----------
    target_width, guide_width : int
        Positions of the two sequences in the letter codes: first the target's, then the guide's.
    outputs : int
        Classes, or 1 for a number.
    """

    def __init__(self, target_width, guide_width, outputs, channels=24, dropout=0.3):
        super().__init__()
        self.target_width = target_width
        shift = torch.arange(-(guide_width // 3), target_width - guide_width // 3)
        partner = torch.arange(guide_width)[:, None] + shift
        # Beyond the ends of the target stands its last position, which is no letter.
        outside = (partner < 0) | (partner >= target_width)
        self.register_buffer("partner", torch.where(outside, target_width, partner))
        # 16 pairs of letters, reduced to the few strengths of binding that the network finds in them.
        self.stems = nn.Sequential(
            nn.Conv2d(16, 6, 1),
            nn.Conv2d(6, channels, (7, 3), padding=(3, 1)),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(channels, 2 * channels, (5, 3), padding=(2, 1)),
            nn.BatchNorm2d(2 * channels),
            nn.ReLU(),
        )
        # The best alignment counts, wherever along the target; along the guide the place matters.
        features = 4 * channels * (-(-guide_width // 2))
        self.judge = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(features, 64),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(64, outputs),
        )

    def forward(self, codes):
        """Return the outputs for letter codes of shape (rows, positions of both sequences)."""
        one_hot = nn.functional.one_hot(codes.long(), 5)[..., :4].float()
        target = nn.functional.pad(one_hot[:, : self.target_width].flip(1), (0, 0, 0, 1))
        guide = one_hot[:, self.target_width :]
        pairs = (guide[:, :, None, :, None] * target[:, self.partner][:, :, :, None, :]).flatten(3)
        maps = self.stems(pairs.permute(0, 3, 1, 2))
        return self.judge(torch.cat([maps.amax(dim=3), maps.mean(dim=3)], dim=1).flatten(1))


def pair_cnn(target_width, guide_width, networks=1, epochs=10, batch=64, class_weight=None, seed=0):
    """Classify pairs of sequences; no network stops before epoch 6, since pairing is found late but at once."""
    return NetworkClassifier(
        partial(PairNetwork, target_width, guide_width),
        networks=networks,
        epochs=epochs,
        batch=batch,
        class_weight=class_weight,
        seed=seed,
    )


def pair_cnn_regressor(target_width, guide_width, networks=1, epochs=10, batch=64, seed=0):
    """Predict a number from pairs of sequences."""
    return NetworkRegressor(
        partial(PairNetwork, target_width, guide_width), networks=networks, epochs=epochs, batch=batch, seed=seed
    )
