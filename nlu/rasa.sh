#!/usr/bin/env bash
# Runs Rasa in nlu/ with the arguments given, for example `nlu/rasa.sh data validate`.
# Its environment is built once for each requirements-rasa.txt, below the user's cache folder.
# `nlu/rasa.sh serve` starts the server: on the loopback interface, with a token, of the model RASA_MODEL, at RASA_PORT.
set -euo pipefail
cd "$(dirname "$0")"
export RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= SQLALCHEMY_SILENCE_UBER_WARNING=1

find_python() {
  local found
  for found in "${PYTHON310:-}" python3.10 "$(pyenv root 2>/dev/null)"/versions/3.10.*/bin/python \
    "$(UV_PYTHON_DOWNLOADS=never uv python find 3.10 2>/dev/null)"; do
    if [ -n "$found" ] && "$found" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null; then
      echo "$found"
      return
    fi
  done
  echo "Rasa needs Python 3.10: \`pyenv install 3.10\`, \`uv python install 3.10\`, or PYTHON310=/path/to/python3.10" >&2
  return 2
}

environment=${XDG_CACHE_HOME:-$HOME/.cache}/hoctap/rasa-$(sha256sum requirements-rasa.txt | cut -c 1-12)
if [ ! -e "$environment/ready" ]; then
  python=$(find_python)
  mkdir -p "$environment"
  exec 9>"$environment/lock"
  flock 9
  if [ ! -e "$environment/ready" ]; then
    echo "Rasa's own environment (2.5 GB) is built in $environment: some minutes, once." >&2
    "$python" -m venv --clear "$environment/venv"
    "$environment/venv/bin/python" -m pip --disable-pip-version-check --quiet install \
      --no-deps --require-hashes -r requirements-rasa.txt
    touch "$environment/ready"
  fi
  exec 9>&-
fi

if [ "${1:-}" != serve ]; then
  exec "$environment/venv/bin/rasa" "$@"
fi

if [ -z "${HOCTAP_RASA_TOKEN:-}" ]; then
  file=../var/rasa-token
  if [ ! -s "$file" ]; then
    mkdir -p ../var
    (umask 077 && "$environment/venv/bin/python" -c 'import secrets; print(secrets.token_urlsafe(32))' > "$file")
  fi
  HOCTAP_RASA_TOKEN=$(cat "$file")
  echo "The bot finds this server with HOCTAP_NLU=rasa HOCTAP_RASA_TOKEN_FILE=var/rasa-token" >&2
fi
export HOCTAP_RASA_TOKEN
# The token goes in by the environment: every user of the machine can read a process's arguments.
exec "$environment/venv/bin/python" -c '
import os, sys
sys.argv[1:] += ["--auth-token", os.environ.pop("HOCTAP_RASA_TOKEN")]
from rasa.__main__ import main
main()' run --enable-api --model "${RASA_MODEL:-models/hoctap.tar.gz}" --interface 127.0.0.1 --port "${RASA_PORT:-5005}"
