#!/bin/sh
# Makes .venv hold exactly what envs/build.txt and envs/lock.txt say; does nothing when it already does.
# PYTHON and CC may name the interpreter and the C compiler; pip's own configuration says where packages come from.
set -eu
cd "$(dirname "$0")/.."

stamp=.venv/.installed
wanted="$(cat envs/build.txt envs/lock.txt | cksum) $PWD" # the folder too: a moved .venv does not work
[ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && exit 0

fail() {
    echo "survdistill: $1" >&2
    exit 1
}

python=${PYTHON:-python3}
command -v "$python" >/dev/null ||
    fail "there is no '$python', which the workflow runs in: install Python 3.11 or newer, or name one with PYTHON=…"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "'$python' is $("$python" -V 2>&1), but the workflow needs 3.11 or newer: install it, or name it with PYTHON=…"
"$python" -c 'import ensurepip' 2>/dev/null ||
    fail "'$python' cannot make virtual environments: install its venv module (python3-venv on Debian and Ubuntu)"
"$python" -c 'import os, sysconfig, sys; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' ||
    fail "'$python' has no C headers, which compiling PyRadiomics needs: install them (python3-dev on Debian and Ubuntu)"
for compiler in ${CC:-cc gcc clang}; do
    command -v "$compiler" >/dev/null && break
    [ -z "${CC:-}" ] || break
done
command -v "$compiler" >/dev/null ||
    fail "there is no C compiler ('${CC:-cc, gcc or clang}'), which PyRadiomics is compiled with: install gcc, or name one with CC=…"
export CC="${CC:-$compiler}"

echo "installing the environment into .venv, about two minutes"
"$python" -m venv --clear .venv # an older or half-finished environment goes first
pip() { .venv/bin/python -m pip --quiet --quiet --no-input --disable-pip-version-check "$@"; }
echo "installing what compiling needs (1 of 2)"
pip install --requirement envs/build.txt
echo "installing the packages of envs/lock.txt (2 of 2)"
pip install --no-build-isolation --requirement envs/lock.txt
echo "$wanted" >"$stamp" # last, so that an interrupted installation is never taken as finished
