"""Follows and their counts"""

import sql_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
