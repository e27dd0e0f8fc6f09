"""Indexes of the outbox, avatar removals and flashes in sessions"""

import sql_file

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
