"""Trains the demo detector: a slim RetinaNet with a ResNet-18 backbone and FPN, from scratch, on a CPU.

    python train.py --frames FRAMES --out OUT [--epochs 20] [--resume]

FRAMES is a folder made by writeFrames.js --size 320x320 (the one renderer): frames.npy, uint8 RGB [count, 3, H, W],
and annotations.json in COCO format, boxes in pixels of the camera's pictures. Seeded and resumable: OUT/checkpoint.pt holds
everything after each epoch, so an interrupted run goes on with --resume as if it had not stopped. Writes
OUT/weights.pt; export.py makes the ONNX file of it. Progress is appended to OUT/train.log.
"""
import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch

from model import SlimRetinaNet, anchors, decode, num_classes
from loss import detection_loss


def load_frames(folder: Path):
    """Returns the frames, memory mapped, and per frame its boxes [n, 4] (x1, y1, x2, y2), classes [n] and crowd regions [m, 4]."""
    frames = np.load(folder / "frames.npy", mmap_mode="r")
    truth = json.loads((folder / "annotations.json").read_text())
    images = truth["images"]
    across = frames.shape[3] / images[0]["width"]
    down = frames.shape[2] / images[0]["height"]
    index = {image["id"]: position for position, image in enumerate(images)}
    targets = [([], [], []) for _ in images]
    for annotation in truth["annotations"]:
        x, y, w, h = annotation["bbox"]
        box = [x * across, y * down, (x + w) * across, (y + h) * down]
        boxes, classes, crowd = targets[index[annotation["image_id"]]]
        if annotation.get("iscrowd"):
            crowd.append(box)
        else:
            boxes.append(box)
            classes.append(annotation["category_id"] - 1)
    as_boxes = lambda boxes: torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    return frames, [(as_boxes(b), torch.tensor(c, dtype=torch.int64), as_boxes(r)) for b, c, r in targets]


def mirrored(boxes, width):
    return torch.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], 1)


def batch_of(frames, all_targets, picks, rng):
    """Returns a normalised batch [n, 3, H, W] with its targets, each frame mirrored with probability 1/2."""
    pictures, targets = [], []
    for pick in picks:
        picture = torch.from_numpy(np.array(frames[pick])).float()
        boxes, classes, crowd = all_targets[pick]
        if rng.random() < 0.5:
            picture = picture.flip(2)
            boxes, crowd = mirrored(boxes, picture.shape[2]), mirrored(crowd, picture.shape[2])
        # Exposure and colour balance of other cameras than the renderer's two.
        gain = torch.from_numpy(rng.uniform(0.8, 1.25, 3).astype(np.float32)).view(3, 1, 1)
        pictures.append((picture * gain).clamp_(0, 255))
        targets.append((boxes, classes, crowd))
    batch = (torch.stack(pictures) - 127.5) / 63.75
    return batch.contiguous(memory_format=torch.channels_last), targets


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Linear warm-up over 300 steps, then a cosine to 1 % of the peak."""
    if step < 300:
        return peak * (step + 1) / 300
    progress = (step - 300) / max(1, steps - 300)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate of AdamW")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    frames, all_targets = load_frames(options.frames)
    network = SlimRetinaNet().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.peak, weight_decay=1e-2)
    all_anchors = anchors(frames.shape[2], frames.shape[3])
    steps_per_epoch = len(all_targets) // options.batch
    steps = steps_per_epoch * options.epochs
    first_epoch = 0
    checkpoint = options.out / "checkpoint.pt"
    if options.resume and checkpoint.exists():
        saved = torch.load(checkpoint)
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        first_epoch = saved["epoch"] + 1

    with open(options.out / "train.log", "a") as log:

        def say(text):
            print(text, flush=True)
            print(text, file=log, flush=True)

        count = sum(parameter.numel() for parameter in network.parameters())
        say(f"{len(all_targets)} frames, {num_classes} classes, {count} parameters, seed {options.seed}")
        for epoch in range(first_epoch, options.epochs):
            # A generator of its own per epoch, so that a resumed run draws what an uninterrupted one would.
            rng = np.random.default_rng([options.seed, epoch])
            order = rng.permutation(len(all_targets))
            network.train()
            started = time.time()
            totals = np.zeros(2)
            for step in range(steps_per_epoch):
                picks = order[step * options.batch : (step + 1) * options.batch]
                batch, targets = batch_of(frames, all_targets, picks, rng)
                rate = learning_rate(epoch * steps_per_epoch + step, steps, options.peak)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                scores, deltas = network(batch)
                classification, localization = detection_loss(scores, deltas, all_anchors, targets)
                optimizer.zero_grad(set_to_none=True)
                (classification + localization).backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
                optimizer.step()
                totals += [classification.item(), localization.item()]
            mean = totals / steps_per_epoch
            say(
                f"epoch {epoch + 1}/{options.epochs}: classification {mean[0]:.4f} localization {mean[1]:.4f} "
                f"rate {rate:.2e} {time.time() - started:.0f} s"
            )
            torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, checkpoint)
            torch.save(network.state_dict(), options.out / "weights.pt")


if __name__ == "__main__":
    main()
