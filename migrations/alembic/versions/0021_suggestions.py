"""Suggestions"""

import sql_file

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
