"""Refresh tokens and page sessions"""

import sql_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
