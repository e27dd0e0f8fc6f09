"""Outcomes of plain forms"""

import sql_file

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
