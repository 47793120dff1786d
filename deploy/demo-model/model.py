"""The demo detector: RetinaNet (arXiv 1708.02002) with a ResNet-18 backbone of a quarter of its width."""
import math

import torch
from torch import nn
from torch.nn import functional as F

num_classes = 8
widths = [16, 32, 64, 104]
pyramid_width = 40
#: Stride and base size of the anchors of each pyramid level, in input pixels.
levels = [(8, 20.0), (16, 40.0), (32, 80.0), (64, 160.0)]
scales = [1.0, 2 ** (1 / 3), 2 ** (2 / 3)]
#: Height / width.
ratios = [0.5, 1.0, 2.0]
anchors_per_location = len(scales) * len(ratios)


def conv_bn(inputs, outputs, kernel, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs, momentum=0.05),
    )


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = conv_bn(inputs, outputs, 3, stride)
        self.second = conv_bn(outputs, outputs, 3)
        plain = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if plain else conv_bn(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class SlimRetinaNet(nn.Module):
    """Maps pictures [n, 3, H, W], (byte - 127.5) / 63.75 in RGB, to per-level scores and deltas.

    Scores are logits [n, A * classes, h, w], deltas [n, A * 4, h, w] (dx, dy, dw, dh) relative to the anchors.
    """

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, widths[0], 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        stages = []
        inputs = widths[0]
        for stage, outputs in enumerate(widths):
            stride = 1 if stage == 0 else 2
            stages.append(nn.Sequential(BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)))
            inputs = outputs
        self.stages = nn.ModuleList(stages)
        self.laterals = nn.ModuleList(nn.Conv2d(width, pyramid_width, 1) for width in widths[1:])
        self.smooth = nn.ModuleList(nn.Conv2d(pyramid_width, pyramid_width, 3, padding=1) for _ in widths[1:])
        self.extra = nn.Conv2d(pyramid_width, pyramid_width, 3, 2, 1)
        self.score_tower = self.tower()
        self.delta_tower = self.tower()
        self.scores = nn.Conv2d(pyramid_width, anchors_per_location * num_classes, 3, padding=1)
        self.deltas = nn.Conv2d(pyramid_width, anchors_per_location * 4, 3, padding=1)
        nn.init.normal_(self.scores.weight, std=0.01)
        nn.init.normal_(self.deltas.weight, std=0.01)
        nn.init.zeros_(self.deltas.bias)
        # Every location starts as background with probability 0.99 (section 4.1).
        nn.init.constant_(self.scores.bias, -math.log(99))

    @staticmethod
    def tower():
        return nn.Sequential(
            *(layer for _ in range(2) for layer in (nn.Conv2d(pyramid_width, pyramid_width, 3, padding=1), nn.ReLU()))
        )

    def forward(self, x):
        x = self.stem(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        inner = [lateral(feature) for lateral, feature in zip(self.laterals, features[1:])]
        for level in (1, 0):
            inner[level] = inner[level] + F.interpolate(inner[level + 1], scale_factor=2.0, mode="nearest")
        pyramid = [smooth(feature) for smooth, feature in zip(self.smooth, inner)]
        pyramid.append(self.extra(pyramid[-1]))
        scores = [self.scores(self.score_tower(feature)) for feature in pyramid]
        deltas = [self.deltas(self.delta_tower(feature)) for feature in pyramid]
        return scores, deltas


def anchors(height, width):
    """Returns all anchors [N, 4] (x1, y1, x2, y2): by level, then row, column, ratio, scale."""
    boxes = []
    for stride, size in levels:
        rows, columns = math.ceil(height / stride), math.ceil(width / stride)
        for row in range(rows):
            for column in range(columns):
                cx, cy = (column + 0.5) * stride, (row + 0.5) * stride
                for ratio in ratios:
                    for scale in scales:
                        w = size * scale / math.sqrt(ratio)
                        h = size * scale * math.sqrt(ratio)
                        boxes.append([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
    return torch.tensor(boxes)


def flatten(maps, values):
    """Returns maps [n, A * values, h, w] of all levels as [n, N, values], in the order of `anchors`."""
    return torch.cat(
        [m.view(m.shape[0], -1, values, m.shape[2], m.shape[3]).permute(0, 3, 4, 1, 2).reshape(m.shape[0], -1, values) for m in maps],
        1,
    )


def decode(boxes, deltas):
    """Returns the boxes that deltas [..., 4] make of anchors [N, 4]."""
    w = boxes[:, 2] - boxes[:, 0]
    h = boxes[:, 3] - boxes[:, 1]
    cx = boxes[:, 0] + w / 2 + deltas[..., 0] * w
    cy = boxes[:, 1] + h / 2 + deltas[..., 1] * h
    w = w * torch.exp(deltas[..., 2].clamp(max=4.0))
    h = h * torch.exp(deltas[..., 3].clamp(max=4.0))
    return torch.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], -1)
