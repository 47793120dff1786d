#!/usr/bin/env bash
# Builds the native part of @tensorflow/tfjs-node, where it is installed, from npm and PyPI alone: for machines that cannot
# reach the server of its prebuilt library, or for which there is none. About 90 s and 430 MB.
#
#   npm ci --ignore-scripts && deploy/tfjs-node/build.sh
#
# Needs python3 with pip, unzip, make and a C++ compiler. `npm ci` removes what it builds.
set -euo pipefail

project="$(cd "$(dirname "$0")/../.." && pwd)"
package="${1:-$(cd "$project" && node -p 'path.dirname(require.resolve("@tensorflow/tfjs-node/package.json"))')}"
# What tfjs-node 4.22 is written for is TensorFlow 2.9; of later ones this is the last that it runs with.
tensorflow_version=2.15.1

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

case "$(uname -m)" in
  x86_64) wheel=tensorflow-cpu platform=manylinux2014_x86_64 ;;
  aarch64) wheel=tensorflow-cpu-aws platform=manylinux2014_aarch64 ;;
  *) fail "expected an x86_64 or aarch64 machine, got $(uname -m)" ;;
esac
[ -f "$package/binding.gyp" ] || fail "expected tfjs-node in $package; npm install --ignore-scripts @tensorflow/tfjs-node"
node_prefix="$(dirname "$(dirname "$(node -p process.execPath)")")"
[ -f "$node_prefix/include/node/node_api.h" ] || fail "expected Node's headers in $node_prefix/include/node"

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# The wheel is only a container for the library here: which Python it is for does not matter.
python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.11 --platform "$platform" \
  --dest "$scratch" "$wheel==$tensorflow_version"
unzip -q "$scratch"/*.whl 'tensorflow/libtensorflow*' 'tensorflow/include/*' -d "$scratch"

rm -rf "$package/deps"
mkdir -p "$package/deps/lib" "$package/deps/include"
cp "$scratch"/tensorflow/libtensorflow_cc.so.2 "$scratch"/tensorflow/libtensorflow_framework.so.2 "$package/deps/lib/"
strip --strip-unneeded "$package"/deps/lib/*.so.2
(
  cd "$package/deps/lib"
  ln -s libtensorflow_cc.so.2 libtensorflow.so
  # Its installer takes the library to be there when it finds this name.
  ln -s libtensorflow_cc.so.2 libtensorflow.so.2.9.1
  ln -s libtensorflow_framework.so.2 libtensorflow_framework.so
)
(
  cd "$scratch/tensorflow/include"
  find . \( -path './tensorflow/c/*.h' -o -path '*tsl/c/*.h' -o -path '*/platform/ctstring*.h' \) -print0 |
    xargs -0 cp --parents -t "$package/deps/include"
)

cd "$package"
npx --no-install node-pre-gyp install --build-from-source --nodedir="$node_prefix"
# Node 23 took these two away.
sed -i 's/(0, util_1.isNullOrUndefined)(\([^()]*\))/(\1 == null)/g; s/(0, util_1.isArray)(/Array.isArray(/g' \
  dist/nodejs_kernel_backend.js
node -e 'const tf = require("."); if (tf.getBackend() !== "tensorflow") process.exit(1)'
echo "build.sh: tfjs-node runs from $package"
