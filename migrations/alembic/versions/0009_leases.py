"""Leases of work that one instance does at a time"""

import sql_file

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
