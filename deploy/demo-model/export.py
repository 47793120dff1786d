"""Writes weights as an ONNX file of opset 17, batch norms folded, with the raw maps of every level as outputs, and beside
it the manifest.

    python export.py --weights OUT/weights.pt --onnx model/demo-retinanet.onnx
"""
import argparse
import hashlib
import json
from pathlib import Path

import torch
from torch.nn.utils.fusion import fuse_conv_bn_eval

from model import SlimRetinaNet, levels, ratios, scales

labels = ["parcel", "bottle", "tin", "ball", "tube", "bag", "crate", "mug"]


def fold_batch_norms(module):
    for name, child in module.named_children():
        if isinstance(child, torch.nn.Sequential) and len(child) == 2 and isinstance(child[1], torch.nn.BatchNorm2d):
            setattr(module, name, fuse_conv_bn_eval(child[0], child[1]))
        else:
            fold_batch_norms(child)
    if isinstance(module, torch.nn.Sequential):
        for index, child in enumerate(module):
            if isinstance(child, torch.nn.Sequential) and len(child) == 2 and isinstance(child[1], torch.nn.BatchNorm2d):
                module[index] = fuse_conv_bn_eval(child[0], child[1])


def manifest(onnx: Path, size: int):
    content = onnx.read_bytes()
    strides = [stride for stride, _ in levels]
    return {
        "manifestVersion": 1,
        "name": "demo-retinanet",
        "labels": labels,
        "model": {"file": onnx.name, "sha256": hashlib.sha256(content).hexdigest(), "sizeBytes": len(content)},
        "input": {
            "name": "image",
            "shape": [1, 3, size, size],
            "layout": "NCHW",
            "color": "RGB",
            "mean": [127.5] * 3,
            "std": [63.75] * 3,
            "resize": "stretch",
            "padValue": 0,
            "interpolation": "bilinear",
        },
        "head": {
            "type": "retinanet",
            "levels": [
                {"stride": stride, "sizes": [base * scale for scale in scales], "ratios": ratios} for stride, base in levels
            ],
            "outputs": {"scores": [f"scores{s}" for s in strides], "deltas": [f"deltas{s}" for s in strides]},
        },
        "postprocess": {"scoreThreshold": 0.02, "iouThreshold": 0.5, "maxDetections": 100, "classAware": True},
        "license": "Apache-2.0 (detptq-agent; trained on its synthetic camera)",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--size", type=int, default=384)
    options = parser.parse_args()

    network = SlimRetinaNet()
    network.load_state_dict(torch.load(options.weights))
    network.eval()
    picture = torch.rand(1, 3, options.size, options.size) * 4 - 2
    expected = [map for maps in network(picture) for map in maps]
    fold_batch_norms(network)
    folded = [map for maps in network(picture) for map in maps]
    worst = max((a - b).abs().max().item() for a, b in zip(expected, folded))
    assert worst < 1e-3, f"folding changed the outputs by {worst}"
    strides = [stride for stride, _ in levels]
    torch.onnx.export(
        network,
        (picture,),
        str(options.onnx),
        input_names=["image"],
        output_names=[f"scores{s}" for s in strides] + [f"deltas{s}" for s in strides],
        opset_version=17,
        dynamo=False,
    )
    text = json.dumps(manifest(options.onnx, options.size), indent=2) + "\n"
    options.onnx.with_suffix(".json").write_text(text)
    print(f"{options.onnx}: {options.onnx.stat().st_size} bytes, outputs within {worst:.1e} after folding")


if __name__ == "__main__":
    main()
