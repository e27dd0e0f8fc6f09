"""Backlog of the outbox"""

import sql_file

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
