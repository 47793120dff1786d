"""RetinaNet's loss: focal loss on the scores, GIoU on the boxes of the anchors that have a target."""
import torch
from torch.nn import functional as F

from model import decode, flatten, num_classes


def areas(boxes):
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def intersections(a, b):
    """Returns the area that every box of a [n, 4] shares with every one of b [m, 4]."""
    low = torch.maximum(a[:, None, :2], b[None, :, :2])
    high = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    size = (high - low).clamp(min=0)
    return size[..., 0] * size[..., 1]


def assign(anchors, boxes, crowd):
    """Returns for each anchor its target box, -1 for background, -2 for neither.

    IoU >= 0.5 is an object, < 0.4 background (section 4.1); each object also takes its best anchors. An anchor that lies by
    half in a crowd region is never background: COCO's rule does not count what is found there either.
    """
    target = torch.full((len(anchors),), -1)
    if len(crowd):
        inside = intersections(anchors, crowd) / areas(anchors)[:, None]
        target[inside.amax(1) >= 0.5] = -2
    if len(boxes) == 0:
        return target
    shared = intersections(anchors, boxes)
    overlap = shared / (areas(anchors)[:, None] + areas(boxes)[None] - shared + 1e-9)
    best, nearest = overlap.max(1)
    target[best >= 0.4] = -2
    target = torch.where(best >= 0.5, nearest, target)
    best_of_box = overlap.max(0).values
    anchor, box = torch.nonzero((overlap >= best_of_box - 1e-6) & (overlap > 0.05), as_tuple=True)
    target[anchor] = box
    return target


def giou_loss(a, b):
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    size = (high - low).clamp(min=0)
    shared = size[:, 0] * size[:, 1]
    union = areas(a) + areas(b) - shared
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    hull = hull[:, 0] * hull[:, 1]
    return 1 - shared / (union + 1e-7) + (hull - union) / (hull + 1e-7)


def detection_loss(score_maps, delta_maps, anchors, targets):
    """Returns the classification and the localization loss, both per object.

    targets holds per image its boxes [n, 4], their classes [n] and its crowd regions [m, 4].
    """
    scores = flatten(score_maps, num_classes)
    deltas = flatten(delta_maps, 4)
    wanted = torch.zeros_like(scores)
    weight = torch.ones(scores.shape[:2])
    localization = torch.zeros(())
    objects = 0
    for image, (boxes, classes, crowd) in enumerate(targets):
        target = assign(anchors, boxes, crowd)
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
