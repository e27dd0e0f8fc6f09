"""Indexes of account self-service"""

import sql_file

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    sql_file.run(__file__)


def downgrade() -> None:
    sql_file.reject_downgrade()
