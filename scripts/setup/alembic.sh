#!/usr/bin/env bash
# Alembic, which operators run the migrations with, in a Python environment of its own.
source "$(dirname -- "${BASH_SOURCE[0]}")/../env.sh"

installed=$TOOLS/alembic
wanted=("alembic==$ALEMBIC_VERSION" "sqlalchemy==$SQLALCHEMY_VERSION" "psycopg[binary]==$PSYCOPG_VERSION")
if [[ "$(cat -- "$installed/.installed" 2>/dev/null)" == "${wanted[*]}" ]] && "$TOOLS/bin/alembic" --version >/dev/null 2>&1; then
    exit 0
fi
# Debian keeps what makes an environment in a package of its own.
python3 -c 'import ensurepip' 2>/dev/null || need_packages "Python 3 with venv" python3 python3-venv
rm -rf -- "$installed"
{
    logged alembic "Making a Python environment for Alembic" python3 -m venv "$installed" &&
        logged alembic "Installing Alembic $ALEMBIC_VERSION" \
            "$installed/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}"
} || {
    show_log
    die "Alembic could not be installed: see above, check that this machine reaches PyPI, then run the same command again."
}
ln -sf -- "$installed/bin/alembic" "$TOOLS/bin/alembic"
echo "${wanted[*]}" >"$installed/.installed"
