"""Accounts and email verifications"""

import sql_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
