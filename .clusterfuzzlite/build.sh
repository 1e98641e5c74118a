#!/bin/bash -eu
# Builds the fuzz targets for ClusterFuzzLite and OSS-Fuzz, with their seeds and options, in $OUT.
# `compile` of their image calls it and sets all variables. `scripts/fleet` checks it without the image.
cd "$SRC/chatwarden"

case $SANITIZER in
    address) sanitizer=address ;;
    # `cargo` of their image makes a build for coverage of `cargo fuzz build`, with the RUSTFLAGS of `compile`.
    coverage | none) sanitizer=none ;;
    *)
        echo "build.sh: the targets are not built with the sanitizer $SANITIZER" >&2
        exit 1
        ;;
esac
cargo fuzz build -O -s "$sanitizer"

targets=$(cargo fuzz list)
for target in $targets; do
    case $target in
        # An example, and tests of the harness that always find something.
        by_hand | canary | deep) ;;
        *) cp "${CARGO_TARGET_DIR:-fuzz/target}/x86_64-unknown-linux-gnu/release/$target" "$OUT/" ;;
    esac
done

# The program that turns scenarios into inputs is not fuzzed itself.
made=$WORK/seeds
rm -rf "$made"
RUSTFLAGS='' fuzz/make-seeds "$made"
for folder in "$made"/*; do
    archive=$OUT/$(basename "$folder")_seed_corpus.zip
    rm -f "$archive"
    (cd "$folder" && find . -type f | LC_ALL=C sort | zip -q "$archive" -@)
done

# A header and 50 commands of 8 bytes each; later bytes are ignored. Inputs of `shrink` begin with the
# number of a fault.
printf '[libfuzzer]\nmax_len = 408\n' >"$OUT/lockstep.options"
printf '[libfuzzer]\nmax_len = 409\n' >"$OUT/shrink.options"
