"""RetinaNet's loss: focal loss on the scores, GIoU on the boxes of the anchors that have a target."""
import torch
from torch.nn import functional as F

from model import decode, flatten, num_classes


def iou_matrix(a, b):
    """Returns the IoU of every box of a [n, 4] with every one of b [m, 4]."""
    low = torch.maximum(a[:, None, :2], b[None, :, :2])
    high = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    size = (high - low).clamp(min=0)
    shared = size[..., 0] * size[..., 1]
    area = lambda box: (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    return shared / (area(a)[:, None] + area(b)[None] - shared + 1e-9)


def assign(anchors, boxes):
    """Returns for each anchor its target box, -1 for background, -2 for neither.

    IoU >= 0.5 is an object, < 0.4 background (section 4.1); each object also takes its best anchors.
    """
    if len(boxes) == 0:
        return torch.full((len(anchors),), -1)
    overlap = iou_matrix(anchors, boxes)
    best, target = overlap.max(1)
    target[best < 0.5] = -2
    target[best < 0.4] = -1
    best_of_box = overlap.max(0).values
    anchor, box = torch.nonzero((overlap >= best_of_box - 1e-6) & (overlap > 0.05), as_tuple=True)
    target[anchor] = box
    return target


def giou_loss(a, b):
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    size = (high - low).clamp(min=0)
    shared = size[:, 0] * size[:, 1]
    area = lambda box: (box[:, 2] - box[:, 0]).clamp(min=0) * (box[:, 3] - box[:, 1]).clamp(min=0)
    union = area(a) + area(b) - shared
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    hull = hull[:, 0] * hull[:, 1]
    return 1 - shared / (union + 1e-7) + (hull - union) / (hull + 1e-7)


def detection_loss(score_maps, delta_maps, anchors, targets):
    """Returns the classification and the localization loss, both per object."""
    scores = flatten(score_maps, num_classes)
    deltas = flatten(delta_maps, 4)
    wanted = torch.zeros_like(scores)
    weight = torch.ones(scores.shape[:2])
    localization = torch.zeros(())
    objects = 0
    for image, (boxes, classes) in enumerate(targets):
        target = assign(anchors, boxes)
        weight[image, target == -2] = 0
        positive = torch.nonzero(target >= 0)[:, 0]
        objects += max(1, len(positive))
        if len(positive) == 0:
            continue
        of_anchor = target[positive]
        wanted[image, positive, classes[of_anchor]] = 1
        localization = localization + giou_loss(decode(anchors[positive], deltas[image, positive]), boxes[of_anchor]).sum()
    probability = scores.sigmoid()
    entropy = F.binary_cross_entropy_with_logits(scores, wanted, reduction="none")
    miss = torch.where(wanted > 0, 1 - probability, probability)
    alpha = torch.where(wanted > 0, 0.25, 0.75)
    focal = (alpha * miss.square() * entropy * weight[..., None]).sum()
    return 2 * focal / objects, localization / objects
