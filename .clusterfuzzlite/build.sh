#!/bin/bash -eu
# Builds the fuzz targets as ClusterFuzzLite and OSS-Fuzz want them: in $OUT the targets, their seeds and their options. It is
# called by `compile` of their image, which sets all variables. `scripts/fleet` checks it without the image.
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
        # Tests of the harness: they always find something.
        canary | deep) ;;
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

# A header and 50 commands of 8 bytes each: what is behind them is passed over. `shrink` has the number of a fault before them.
printf '[libfuzzer]\nmax_len = 408\n' >"$OUT/lockstep.options"
printf '[libfuzzer]\nmax_len = 409\n' >"$OUT/shrink.options"
