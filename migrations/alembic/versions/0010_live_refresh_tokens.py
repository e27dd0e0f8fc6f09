"""Indexes of live and expired refresh tokens"""

import sql_file

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
